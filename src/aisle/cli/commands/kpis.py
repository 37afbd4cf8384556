"""`aisle kpis`: what the shelves bring."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisle.cli.options import Json
from aisle.cli.shop import open_shop
from aisle.shop.columns import SEGMENT

if TYPE_CHECKING:
    import polars as pl

    from aisle.app.data.kpis import Kpis
    from aisle.insights.kpis.rates import Rate

_DOUBTS = {
    "unknown_shelf": "name a shelf that is not stored",
    "not_on_shelf": "name an item that did not stand on the shelf",
    "before_shelf": "happened before their shelf was served",
    "before_click": "are orders before the click",
    "repeated": "report a look a second time",
}


def kpis(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days, today included.")] = 28,
    by: Annotated[
        str,
        typer.Option(
            help="By what shelves are told apart: placement, strategy, model_version, variant, audience, day; or some. "
            "Or shoppers, by segment."
        ),
    ] = "placement",
    as_json: Json = False,
) -> None:
    """Show what the shelves bring: clicks, carts, orders, revenue and returns.

    An event that names its shelf is owed to it, and so is an order within 24 hours of a click on one. What fits no
    shelf is counted apart.
    """
    from aisle.app.data.kpis import kpis as kpis_of
    from aisle.cli.display import terminal

    names = [name.strip() for name in by.split(",")]
    if names == [SEGMENT]:
        _by_segment(context, days, as_json=as_json)
        return
    with open_shop(context) as shop, terminal.bars() as progress:
        found = kpis_of(shop.db, days, names, progress)
    if as_json:
        terminal.json(found._asdict() | {"shop": found.shop.to_dicts(), "shelves": found.shelves.to_dicts()})
        return
    _print(found, names)


def _by_segment(context: typer.Context, days: int, *, as_json: bool) -> None:
    """Show what the members of segments were shown and bought."""
    from aisle.app.data.segment_kpis import BEFORE_FIRST, segment_kpis
    from aisle.cli.display import terminal
    from aisle.insights.kpis.rates import OF_SEGMENTS

    with open_shop(context) as shop, terminal.bars() as progress:
        found = segment_kpis(shop.db, days, progress)
    if as_json:
        terminal.json(found._asdict() | {"frame": found.frame.to_dicts()})
        return
    when = f"{found.since} to {found.until}"
    if found.frame.is_empty():
        terminal.say(f"No member of a segment came from {when}. aisle segments list --update finds the members.")
        return
    counts = ["visitors", "buyers", "shelves", "seen", "clicks", "orders", "revenue"]
    _table(f"Segments, {when}", found.frame, [SEGMENT], counts, OF_SEGMENTS)
    for name, day in found.as_of.items():
        terminal.say(BEFORE_FIRST.format(name=name, day=day))


def _print(found: "Kpis", names: list[str]) -> None:
    from aisle.cli.display import terminal
    from aisle.insights.kpis.rates import OF_SHELVES, OF_SHOP

    when = f"{found.since} to {found.until}"
    if not found.shop["visitors"].sum() and not found.shelves["shelves"].sum():
        terminal.say(
            f"Nothing happened from {when}. Shelves are counted when aisle serve shows them; --days looks further."
        )
        return
    counts = ["visitors", "buyers", "orders", "revenue"]
    _table(f"The shop, {when}", found.shop, [], counts, OF_SHOP)
    if not found.shelves["shelves"].sum():
        terminal.say("No shelf was served in these days: aisle serve, the widget and the API show them.")
        return
    counts = ["shelves", "places", "seen", "clicks", "carts", "orders", "revenue"]
    _table(f"Its shelves, {when}", found.shelves, names, counts, OF_SHELVES)
    if found.coverage is not None:
        terminal.say(f"{found.coverage:.1%} of the catalogue stood on a shelf.")
    for doubt, number in found.doubts.items():
        if number:
            terminal.say(f"{number:,} events {_DOUBTS[doubt]}: left out.")


def _table(title: str, frame: "pl.DataFrame", by: list[str], counts: list[str], rates: "tuple[Rate, ...]") -> None:
    from aisle.cli.display import terminal

    currencies = frame["currency"].unique().to_list()
    text = [*by, *(["currency"] if len(currencies) > 1 else [])]
    columns = [*text, *counts, *(rate.name for rate in rates)]
    rows = [[_cell(name, row[name]) for name in columns] for row in frame.iter_rows(named=True)]
    headings = [name.replace("_", " ") for name in columns]
    unit = f", money in {currencies[0]}" if len(text) == len(by) and currencies[0] else ""
    terminal.out.print(terminal.table(title + unit, headings, rows, right=headings[len(text) :]))
    for rate in rates:
        terminal.say(f"{rate.name.replace('_', ' ')}: {rate.what}", style="dim")


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}" if "revenue" in name or name == "order_value" else f"{value:.2%}"
    return f"{value:,}" if isinstance(value, int) and name != "model_version" else str(value)
