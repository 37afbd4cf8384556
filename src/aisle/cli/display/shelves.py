"""How shelves and histories look in a terminal."""

from typing import TYPE_CHECKING

from rich.columns import Columns

from aisle.app.serving.shelf import FALLBACKS
from aisle.cli.display.terminal import out, say, table
from aisle.engine.proposals import NOTHING_SIMILAR, POPULAR_INSTEAD
from aisle.engine.request import MAIN_PLACEMENT
from aisle.shop.moments import format_day
from aisle.shop.money import format_money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Group

    from aisle.app.serving.shelf import HistoryLine, Shelf


def shelf_table(shelf: "Shelf", title: str) -> "Group":
    """Return a shelf as a table; stars and reasons have columns where there are any."""
    columns = ["#", "item", "name", "price", "score"]
    rows = [
        [place, item.item_id, item.name, format_money(item.price, item.currency), _score(item.score)]
        for place, item in enumerate(shelf.items, 1)
    ]
    if any(item.predicted_rating is not None for item in shelf.items):
        columns.append("stars")
        for row, item in zip(rows, shelf.items, strict=True):
            row.append(_stars(item.predicted_rating))
    if any(item.reason is not None for item in shelf.items):
        columns.append("why")
        for row, item in zip(rows, shelf.items, strict=True):
            row.append(item.reason or "")
    return table(title, columns, rows, right=("#", "price", "score", "stars"))


def history_table(lines: "Sequence[HistoryLine]") -> "Group":
    """Return a shopper's newest events as a table, newest first."""
    rows = [
        (format_day(line.timestamp), line.event + (f" {line.rating:g}★" if line.rating is not None else ""), line.name)
        for line in lines
    ]
    return table("History", ("day", "event", "item"), rows)


def print_shelf(shelf: "Shelf", shopper: str, history: "Sequence[HistoryLine]" = ()) -> None:
    """Print a shelf beside the history that it follows from, and its fallback if it has one."""
    items = shelf_table(shelf, shelf_title(shelf, shopper))
    out.print(Columns([items, history_table(history)], padding=(0, 4)) if history else items)
    if shelf.fallback:
        say(FALLBACKS[shelf.fallback], style="dim")


def print_similar(shelf: "Shelf", item_id: str) -> None:
    """Print the items most like an item; bestsellers in their place are called that."""
    title = "Bestsellers" if shelf.fallback in (POPULAR_INSTEAD.name, NOTHING_SIMILAR.name) else f"Similar to {item_id}"
    out.print(shelf_table(shelf, title))
    if shelf.fallback:
        say(FALLBACKS[shelf.fallback], style="dim")


def shelf_title(shelf: "Shelf", shopper: str) -> str:
    """Return the title of a shelf."""
    if shelf.because:
        return f"Because of {shelf.because.name}, for {shopper}"
    if shelf.placement == MAIN_PLACEMENT:
        return f"Recommended for {shopper}"
    return f"{shelf.placement.replace('-', ' ').capitalize()}, for {shopper}"


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.3f}"


def _stars(rating: float | None) -> str:
    return "" if rating is None else f"{rating:.1f} ★"
