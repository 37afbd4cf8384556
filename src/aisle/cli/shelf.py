"""Commands that show what the live model recommends: `recommend` and `similar`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from aisle.cli.shop import open_shop
from aisle.shop.errors import InputError


class Exclude(StrEnum):
    """What may not appear on a shelf."""

    NONE = "none"
    PURCHASED = "purchased"


Length = Annotated[int, typer.Option("-n", min=1, max=1000, help="How many items.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(recommend)
    app.command()(similar)


def recommend(
    context: typer.Context,
    user_id: Annotated[str | None, typer.Option(help="For one shopper.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="For every shopper with a history.")] = False,
    n: Length = 10,
    exclude: Annotated[
        Exclude, typer.Option(help="`purchased`: never what they bought before. People do rebuy.")
    ] = Exclude.NONE,
    placement: Annotated[str | None, typer.Option(help="A placement of aisle.toml, filled by its strategy.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say of each item why it stands there.")] = False,
    out: Annotated[Path | None, typer.Option(help="With --all: the .parquet or .csv file to write.")] = None,
    as_json: Json = False,
) -> None:
    """Recommend items for one shopper, or for all of them into a file."""
    if everybody == (user_id is not None):
        raise InputError("say for whom: --user-id ID for one shopper, --all --out FILE.parquet for everybody")
    if everybody:
        if out is None:
            raise InputError("--all writes a file: add --out FILE.parquet or --out FILE.csv")
        _for_all(context, n, exclude, out)
    elif user_id is not None:
        _for_one(context, user_id, n, exclude, placement, explain, as_json)


def _for_one(
    context: typer.Context,
    user_id: str,
    n: int,
    exclude: Exclude,
    placement: str | None,
    explain: bool,
    as_json: bool,
) -> None:
    with open_shop(context) as shop:
        shelf = shop.recommend(user_id, n, exclude.value, placement, explain=explain)
        lines = [] if as_json else shop.history(user_id, n)
    from aisle.cli import show
    from aisle.web.schemas import Recommendations

    if as_json:
        show.json(Recommendations.from_shelf(user_id, shelf))
    else:
        show.shelf_beside_history(shelf, lines, user_id)


def _for_all(context: typer.Context, n: int, exclude: Exclude, out: Path) -> None:
    from aisle.cli import show

    with open_shop(context) as shop, show.bars() as progress:
        written = shop.recommend_all(n, out, exclude.value, progress)
    show.err.print(f"{written.users:,} shoppers, {written.rows:,} rows → {out} ({written.seconds:.1f} s)")


def similar(
    context: typer.Context,
    item_id: Annotated[str, typer.Argument(metavar="ITEM", help="The item's id.")],
    n: Length = 10,
    as_json: Json = False,
) -> None:
    """Show the items that the same shoppers like."""
    with open_shop(context) as shop:
        shelf = shop.similar(item_id, n)
    from aisle.cli import show
    from aisle.web.schemas import Similar

    if as_json:
        show.json(Similar.from_shelf(item_id, shelf))
    else:
        show.out.print(show.shelf_table(shelf, f"Similar to {item_id}"))
