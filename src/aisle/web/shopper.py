"""What the page shows of one shopper: history, shelves and ratings."""

from typing import Final

from msgspec import Struct

from aisle.app.serve import Live
from aisle.app.serving.shelf import HistoryLine, Shelf
from aisle.shop.errors import DatabaseUnavailable, InputError, NoModel

SHELF_ITEMS: Final = 12
"""How many items the main shelf shows."""

MORE_ITEMS: Final = 6
"""How many items each other shelf shows."""

MORE_SHELVES: Final[dict[str, str]] = {
    "because-you-viewed": "Because of",
    "buy-it-again": "Buy it again",
    "recently-viewed": "Recently viewed",
}
"""The placements below the main one, and their titles; each is shown unless it is empty or fell back."""

HISTORY_LINES: Final = 20
"""How many events the history shows."""


class Shopper(Struct, frozen=True):
    """What the page shows of a shopper.

    Attributes
    ----------
    history
        Newest first; None while the database does not answer.
    shelf
        None while no model is trained; `problem` then says what to do.
    message
        What the shopper's last action did; screen readers announce it.
    more
        The shelves of `MORE_SHELVES` that are shown.
    """

    user_id: str
    history: list[HistoryLine] | None
    shelf: Shelf | None
    problem: str | None
    message: str | None
    more: list[Shelf] = []

    @property
    def stars(self) -> dict[str, int]:
        """The newest rating of each item, as whole stars."""
        ratings = {line.item_id: line.rating for line in reversed(self.history or []) if line.rating is not None}
        return {item_id: round(rating) for item_id, rating in ratings.items()}


def look_up(live: Live, user_id: str, message: str | None = None) -> Shopper:
    """Read what the page shows of a shopper. A part that cannot be read is skipped; the page still comes."""
    try:
        history = live.history(user_id, HISTORY_LINES)
    except DatabaseUnavailable:
        history = None
    try:
        shelf = live.recommend(user_id, SHELF_ITEMS)
    except NoModel as error:
        return Shopper(user_id, history, None, str(error), message)
    more = [_more(live, user_id, placement) for placement in MORE_SHELVES]
    return Shopper(user_id, history, shelf, None, message, [shelf for shelf in more if shelf])


def suggestions(live: Live) -> list[str]:
    """Return shoppers to try; none while the database does not answer."""
    try:
        return live.suggestions()
    except DatabaseUnavailable:
        return []


def _more(live: Live, user_id: str, placement: str) -> Shelf | None:
    """Return the shelf of a placement, or None if it is empty, fell back or cannot be filled."""
    try:
        shelf = live.recommend(user_id, MORE_ITEMS, placement=placement)
    except (NoModel, InputError):
        return None
    return shelf if shelf.items and shelf.fallback is None else None
