"""`aisle recommend` and `aisle similar`: shelves of the live model."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from aisle.cli.options import Engine, Json, Length, check_source
from aisle.cli.shop import open_shop
from aisle.shop.errors import InputError

if TYPE_CHECKING:
    from aisle.app.serving.shelf import Shelf
    from aisle.app.shop import Shop
    from aisle.web.api.shelf_schemas import Recommendations


class Exclude(StrEnum):
    """What may not appear on a shelf."""

    NONE = "none"
    PURCHASED = "purchased"
    SEEN = "seen"


class Options(NamedTuple):
    """The options of `aisle recommend`."""

    user_id: str | None
    session_id: str | None
    everybody: bool
    n: int
    exclude: Exclude
    placement: str | None
    item: str | None
    cart: list[str]
    explain: bool
    out: Path | None
    engine: Engine
    source: str | None
    to_db: bool
    as_json: bool

    def check(self) -> None:
        """Refuse options that do not go together.

        Raises
        ------
        InputError
            If they do not say for whom shelves are, or where everybody's shelves go.
        """
        for name, value in (("--user-id", self.user_id), ("--session-id", self.session_id)):
            if value == "":
                raise InputError(f"{name} is empty; give an id, or leave it out")
        about_something = self.item is not None or bool(self.cart)
        if self.everybody == (self.user_id is not None or self.session_id is not None or about_something):
            raise InputError(
                "say for whom: --user-id ID or --session-id ID for one shopper, --item ID or --cart ID for a page or "
                "a cart, --all --out FILE.parquet for everybody"
            )
        if self.everybody and (self.out is None) != self.to_db:
            raise InputError("--all writes a file or the database: add --out FILE.parquet, --out FILE.csv or --to-db")
        if self.engine is Engine.SPARK and not self.everybody:
            raise InputError("--engine spark is for everybody's shelves: add --all")
        check_source(self.source, self.engine)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(recommend)
    app.command()(similar)


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
    options = Options(
        user_id=user_id,
        session_id=session_id,
        everybody=everybody,
        n=n,
        exclude=exclude,
        placement=placement,
        item=item,
        cart=cart or [],
        explain=explain,
        out=out,
        engine=engine,
        source=source,
        to_db=to_db,
        as_json=as_json,
    )
    options.check()
    with open_shop(context) as shop:
        if everybody:
            _for_everybody(shop, options)
        else:
            _for_one_shopper(shop, options)


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


def _for_one_shopper(shop: "Shop", options: Options) -> None:
    """Print the shelf of a shopper or a session."""
    shelf = shop.recommend(
        options.user_id,
        options.n,
        options.exclude.value,
        options.placement,
        session_id=options.session_id,
        item_id=options.item,
        cart=options.cart,
        explain=options.explain,
    )
    if options.as_json:
        from aisle.cli.display import terminal

        terminal.json(_as_json(shelf))
        return
    from aisle.cli.display.shelves import print_shelf

    history = [] if options.user_id is None else shop.history(options.user_id, options.n)
    print_shelf(shelf, _shopper(options), history)


def _shopper(options: Options) -> str:
    """Say whose shelf it is."""
    if options.user_id or options.session_id:
        return options.user_id or f"session {options.session_id}"
    return "anybody with this cart" if options.cart else f"anybody who looks at {options.item}"


def _as_json(shelf: "Shelf") -> "Recommendations":
    """Return a shelf as the HTTP API answers with it."""
    from aisle.web.api.shelf_schemas import Recommendations

    return Recommendations.from_shelf(shelf)


def _for_everybody(shop: "Shop", options: Options) -> None:
    """Write the shelves of all shoppers."""
    from aisle.cli.display import terminal

    with terminal.bars() as progress:
        if options.engine is Engine.SPARK:
            written = shop.recommend_all_on_spark(
                options.n, options.out, options.exclude.value, options.placement, options.source, progress
            )
        else:
            written = shop.recommend_all(options.n, options.out, options.exclude.value, options.placement, progress)
    place = options.out or "the table recommendations"
    line = f"{written.users:,} shoppers, {written.rows:,} rows → {place} ({written.seconds:.1f} s)"
    terminal.say(line, console=terminal.err)
