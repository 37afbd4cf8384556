"""Commands that show what the live model recommends: `recommend` and `similar`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.shop import Engine, open_shop
from aisle.shop.errors import InputError

if TYPE_CHECKING:
    from aisle.app.serving.batch import Written


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
    session_id: Annotated[str | None, typer.Option(help="For a visit, with or without a known shopper.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="For every shopper with a history.")] = False,
    n: Length = 10,
    exclude: Annotated[
        Exclude, typer.Option(help="`purchased`: never what they bought before. People do rebuy.")
    ] = Exclude.NONE,
    placement: Annotated[str | None, typer.Option(help="Where the shelf stands: similar-items, cart …")] = None,
    item: Annotated[str | None, typer.Option(help="The item that the page is about.")] = None,
    cart: Annotated[list[str] | None, typer.Option(help="An item in the cart; once for each.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say of each item why it stands there.")] = False,
    out: Annotated[Path | None, typer.Option(help="With --all: the .parquet or .csv file to write.")] = None,
    engine: Annotated[
        Engine, typer.Option(help="With --all: what works the shelves out; `spark` writes a folder of Parquet files.")
    ] = Engine.LOCAL,
    source: Annotated[
        str | None, typer.Option(help="With the engine spark: where the events are, as for aisle train.")
    ] = None,
    to_db: Annotated[bool, typer.Option("--to-db", help="With --all: into the table `recommendations`.")] = False,
    as_json: Json = False,
) -> None:
    """Recommend items for one shopper or visit, or for everybody into a file or the database."""
    if everybody == (user_id is not None or session_id is not None):
        raise InputError(
            "say for whom: --user-id ID or --session-id ID for one, --all --out FILE.parquet for everybody"
        )
    if everybody and (out is None) != to_db:
        raise InputError("--all writes a file or the database: add --out FILE.parquet, --out FILE.csv or --to-db")
    on_spark = engine is Engine.SPARK
    if on_spark and not everybody:
        raise InputError("--engine spark is for everybody's shelves: add --all")
    if source is not None and not on_spark:
        raise InputError("--source is for --engine spark; aisle import brings files into the shop")
    if on_spark:
        _for_all_on_spark(context, n, exclude, placement, out, source)
    elif everybody:
        _for_all(context, n, exclude, placement, out)
    else:
        _for_one(context, user_id, session_id, n, exclude, placement, item, cart or [], explain, as_json)


def _for_one(
    context: typer.Context,
    user_id: str | None,
    session_id: str | None,
    n: int,
    exclude: Exclude,
    placement: str | None,
    item: str | None,
    cart: list[str],
    explain: bool,
    as_json: bool,
) -> None:
    with open_shop(context) as shop:
        shelf = shop.recommend(
            user_id, n, exclude.value, placement, session_id=session_id, item_id=item, cart=cart, explain=explain
        )
        lines = [] if as_json or user_id is None else shop.history(user_id, n)
    from aisle.cli import show
    from aisle.web.schemas import Recommendations

    if as_json:
        show.json(Recommendations.from_shelf(user_id, session_id, shelf))
    else:
        show.shelf_beside_history(shelf, lines, user_id or f"session {session_id}")


def _for_all(context: typer.Context, n: int, exclude: Exclude, placement: str | None, out: Path | None) -> None:
    from aisle.cli import show

    with open_shop(context) as shop, show.bars() as progress:
        written = shop.recommend_all(n, out, exclude.value, placement, progress)
    _print_written(written, out)


def _for_all_on_spark(
    context: typer.Context, n: int, exclude: Exclude, placement: str | None, out: Path | None, source: str | None
) -> None:
    from aisle.cli import show

    with open_shop(context) as shop, show.bars() as progress:
        written = shop.recommend_all_on_spark(n, out, exclude.value, placement, source, progress)
    _print_written(written, out)


def _print_written(written: "Written", out: Path | None) -> None:
    from aisle.cli import show

    where = out or "the table recommendations"
    show.err.print(f"{written.users:,} shoppers, {written.rows:,} rows → {where} ({written.seconds:.1f} s)")


def similar(
    context: typer.Context,
    item_id: Annotated[str, typer.Argument(metavar="ITEM", help="The item's id.")],
    n: Length = 10,
    as_json: Json = False,
) -> None:
    """Show the items most like one."""
    with open_shop(context) as shop:
        shelf = shop.similar(item_id, n)
    from aisle.cli import show
    from aisle.web.schemas import Similar

    if as_json:
        show.json(Similar.from_shelf(item_id, shelf))
    else:
        show.out.print(show.shelf_table(shelf, f"Similar to {item_id}"))
