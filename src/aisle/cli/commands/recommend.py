"""`aisle recommend` and `aisle similar`: shelves of the live model."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.options import Engine, Json, Length, check_source
from aisle.cli.shop import open_shop
from aisle.shop.errors import InputError

if TYPE_CHECKING:
    from aisle.app.serving.shelf import Shelf
    from aisle.web.api.shelf_schemas import Recommendations


class Exclude(StrEnum):
    """What may not appear on a shelf."""

    NONE = "none"
    PURCHASED = "purchased"
    SEEN = "seen"


def recommend(
    context: typer.Context,
    user_id: Annotated[str | None, typer.Option(help="For one shopper.")] = None,
    session_id: Annotated[str | None, typer.Option(help="For one session; the shopper may be unknown.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="For every shopper with a history.")] = False,
    n: Length = 10,
    exclude: Annotated[
        Exclude, typer.Option(help="`purchased`: nothing that the shopper bought before.")
    ] = Exclude.NONE,
    placement: Annotated[
        str | None, typer.Option(help="Where the shelf stands, such as similar-items or cart.")
    ] = None,
    item: Annotated[str | None, typer.Option(help="The item that the page shows.")] = None,
    cart: Annotated[list[str] | None, typer.Option(help="An item in the cart; may be repeated.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Add the reason of each item.")] = False,
    out: Annotated[Path | None, typer.Option(help="With --all: the .parquet or .csv file to write.")] = None,
    engine: Annotated[
        Engine, typer.Option(help="With --all: what makes the shelves; `spark` writes a folder of Parquet files.")
    ] = Engine.LOCAL,
    source: Annotated[
        str | None, typer.Option(help="With --engine spark: where the events are, as for aisle train.")
    ] = None,
    to_db: Annotated[bool, typer.Option("--to-db", help="With --all: write into the table `recommendations`.")] = False,
    as_json: Json = False,
) -> None:
    """Recommend items to one shopper or session, or to everybody, into a file or the database."""
    about_somebody = user_id is not None or session_id is not None or item is not None or bool(cart)
    if everybody == about_somebody:
        raise InputError(
            "say for whom: --user-id ID or --session-id ID for one shopper, --item ID or --cart ID for a page or "
            "a cart, --all --out FILE.parquet for everybody"
        )
    if everybody and (out is None) != to_db:
        raise InputError("--all writes a file or the database: add --out FILE.parquet, --out FILE.csv or --to-db")
    if engine is Engine.SPARK and not everybody:
        raise InputError("--engine spark is for everybody's shelves: add --all")
    check_source(source, engine)
    if everybody:
        _recommend_to_all(context, n, out, exclude, placement, engine, source)
        return
    for name, value in (("--user-id", user_id), ("--session-id", session_id)):
        if value == "":
            raise InputError(f"{name} is empty; give an id, or leave it out")
    with open_shop(context) as shop:
        shelf = shop.recommend(
            user_id, n, exclude.value, placement, session_id=session_id, item_id=item, cart=cart or [], explain=explain
        )
        history = [] if user_id is None or as_json else shop.history(user_id, n)
    from aisle.cli.display import terminal
    from aisle.cli.display.shelves import print_shelf

    if as_json:
        terminal.json(_as_json(shelf))
        return
    session = f"session {session_id}" if session_id else None
    anybody = "anybody with this cart" if cart else f"anybody who looks at {item}"
    print_shelf(shelf, user_id or session or anybody, history)


def similar(
    context: typer.Context,
    item_id: Annotated[str, typer.Argument(metavar="ITEM", help="The item's id.")],
    n: Length = 10,
    as_json: Json = False,
) -> None:
    """Show the items most like an item."""
    with open_shop(context) as shop:
        shelf = shop.similar(item_id, n)
    from aisle.cli.display import terminal
    from aisle.cli.display.shelves import print_similar

    if as_json:
        terminal.json(_as_json(shelf))
    else:
        print_similar(shelf, item_id)


def _as_json(shelf: "Shelf") -> "Recommendations":
    """Return a shelf as the HTTP API answers with it."""
    from aisle.web.api.shelf_schemas import Recommendations

    return Recommendations.from_shelf(shelf)


def _recommend_to_all(
    context: typer.Context,
    n: int,
    out: Path | None,
    exclude: Exclude,
    placement: str | None,
    engine: Engine,
    source: str | None,
) -> None:
    """Write the shelves of all shoppers."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop, terminal.bars() as progress:
        if engine is Engine.SPARK:
            written = shop.recommend_all_on_spark(n, out, exclude.value, placement, source, progress)
        else:
            written = shop.recommend_all(n, out, exclude.value, placement, progress)
    place = out or "the table recommendations"
    line = f"{written.users:,} shoppers, {written.rows:,} rows → {place} ({written.seconds:.1f} s)"
    terminal.say(line, console=terminal.err)
