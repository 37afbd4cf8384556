"""What follows from a shopper's events: cart, wishlist, orders, ratings and tastes. Pure functions of a history."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from aisle.shop.events import EventKind
from aisle.storage.catalogue.items import ItemRow
from aisle.storage.log.events import EventRow

_TASTE: Final = {
    EventKind.PURCHASE: 4.0,
    EventKind.ADD_TO_CART: 2.0,
    EventKind.ADD_TO_WISHLIST: 2.0,
    EventKind.VIEW_ITEM: 1.0,
    EventKind.SELECT_ITEM: 0.5,
}
"""How much each kind of event tells of a taste."""


_HIDING: Final = (EventKind.HIDE, EventKind.UNHIDE)


class Order(NamedTuple):
    """What was bought at once."""

    transaction_id: str
    timestamp: int
    lines: tuple[EventRow, ...]
    returned: frozenset[str]
    """The items that were sent back."""

    @property
    def totals(self) -> dict[str | None, int]:
        """The sum of its lines with a price in millionths, with what was sent back, by currency."""
        sums: dict[str | None, int] = defaultdict(int)
        for line in self.lines:
            if line.price is not None:
                sums[line.currency] += line.price * (line.quantity or 1)
        return dict(sums)


class Share(NamedTuple):
    """How much of what a shopper does is about something, from 0 to 1."""

    name: str
    share: float


class Tastes(NamedTuple):
    """What a history tells of a shopper."""

    categories: tuple[Share, ...]
    brands: tuple[Share, ...]
    cheapest: int | None
    dearest: int | None
    """The middle half of the prices looked at, in millionths."""
    currency: str | None
    """Theirs: of several, the one of most prices."""


def cart(newest_first: Sequence[EventRow]) -> dict[str, int]:
    """Return the items in the cart and how many of each, in the order in which they came."""
    pieces: dict[str, int] = {}
    for event in reversed(newest_first):
        match event.kind:
            case EventKind.ADD_TO_CART:
                pieces[event.item_id] = pieces.get(event.item_id, 0) + (event.quantity or 1)
            case EventKind.REMOVE_FROM_CART | EventKind.PURCHASE:
                pieces.pop(event.item_id, None)
    return pieces


def wishlist(newest_first: Sequence[EventRow]) -> list[str]:
    """Return the items on the wishlist, newest first; an item leaves it when it is taken off or bought."""
    wished: dict[str, None] = {}
    for event in reversed(newest_first):
        match event.kind:
            case EventKind.ADD_TO_WISHLIST:
                wished.pop(event.item_id, None)
                wished[event.item_id] = None
            case EventKind.REMOVE_FROM_WISHLIST | EventKind.PURCHASE:
                wished.pop(event.item_id, None)
    return list(reversed(wished))


def undoing(newest_first: Sequence[EventRow]) -> dict[tuple[str, str], str]:
    """Return what takes back what still holds, such as an item in the cart: by item and kind of event."""
    holding = (
        (EventKind.ADD_TO_CART, EventKind.REMOVE_FROM_CART, cart(newest_first)),
        (EventKind.ADD_TO_WISHLIST, EventKind.REMOVE_FROM_WISHLIST, wishlist(newest_first)),
        (EventKind.HIDE, EventKind.UNHIDE, hidden(newest_first)),
    )
    return {(item_id, kind.value): undo.value for kind, undo, items in holding for item_id in items}


def orders(newest_first: Sequence[EventRow]) -> list[Order]:
    """Return the orders, newest first; lines without a number that were bought at one moment are one order."""
    lines: dict[str, list[EventRow]] = {}
    returned: dict[str, set[str]] = {}
    for event in newest_first:
        number = event.transaction_id or str(event.timestamp)
        if event.kind == EventKind.PURCHASE:
            lines.setdefault(number, []).append(event)
        elif event.kind == EventKind.REFUND:
            returned.setdefault(number, set()).add(event.item_id)
    return [
        Order(number, bought[0].timestamp, tuple(bought), frozenset(returned.get(number, ())))
        for number, bought in lines.items()
    ]


def stars(newest_first: Sequence[EventRow]) -> dict[str, float]:
    """Return the newest rating of each item that was rated."""
    return {event.item_id: event.rating for event in reversed(newest_first) if event.rating is not None}


def hidden(newest_first: Sequence[EventRow]) -> frozenset[str]:
    """Return the items that the shopper does not want to see, and did not take back."""
    last = {event.item_id: event.kind for event in reversed(newest_first) if event.kind in _HIDING}
    return frozenset(item_id for item_id, kind in last.items() if kind == EventKind.HIDE)


def tastes(newest_first: Iterable[EventRow], items: Mapping[str, ItemRow], n: int = 4) -> Tastes:
    """Return what a history tells of a shopper: the n categories and brands most looked at, and the usual prices."""
    categories: dict[str, float] = defaultdict(float)
    brands: dict[str, float] = defaultdict(float)
    prices: dict[str | None, list[int]] = defaultdict(list)
    for event in newest_first:
        row, weight = items.get(event.item_id), _weight(event)
        if row is None or weight == 0:
            continue
        if row.category:
            categories[row.category.split(" > ")[-1]] += weight
        if row.brand:
            brands[row.brand] += weight
        if row.price is not None:
            prices[row.currency].append(row.price)
    currency = max(prices, key=lambda one: len(prices[one]), default=None)
    usual = sorted(prices[currency])
    low, high = (usual[len(usual) // 4], usual[3 * len(usual) // 4]) if usual else (None, None)
    return Tastes(_shares(categories, n), _shares(brands, n), low, high, currency)


def _weight(event: EventRow) -> float:
    if event.rating is not None:
        return max(event.rating - 2, 0)
    return next((weight for kind, weight in _TASTE.items() if kind == event.kind), 0)


def _shares(weights: Mapping[str, float], n: int) -> tuple[Share, ...]:
    total = sum(weights.values())
    most = sorted(weights, key=lambda name: -weights[name])[:n]
    return tuple(Share(name, weights[name] / total) for name in most)
