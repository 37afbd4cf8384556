"""The calls of the API, as values: what is sent and what it gives. A client sends one; a batch sends several at once.

Prices are in units of the currency, times are datetimes with a time zone or ISO 8601.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, Literal, Required, TypedDict, TypeVar, Unpack

import msgspec
from msgspec import Raw, Struct

from aisle.client import answers
from aisle.shop.columns import EVENT_ID
from aisle.shop.errors import InputError
from aisle.shop.events import MAX_BODY, MAX_EVENTS

T = TypeVar("T")

Row = Mapping[str, object]
Rows = Row | Iterable[Row]
"""An event, an item, a user or a review by the names of its fields, or several."""

_BRACKETS: Final = 2


class Call(Struct, Generic[T], frozen=True, kw_only=True):
    """A call.

    Attributes
    ----------
    method, path, query, body
        What is sent. A parameter of the query that is None is left out; a list repeats its name.
    gives
        The type of the answer.
    repeatable
        Whether to send it twice does no more than to send it once.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    query: Mapping[str, Any] = {}
    body: Any = None
    gives: Any
    repeatable: bool = True


class ShelfWanted(TypedDict, total=False):
    """Which shelf is wanted, and for whom: one of user_id and session_id is needed."""

    user_id: str | None
    session_id: str | None
    placement: str
    n: int
    offset: int
    """How many items to skip: 0 for a first page, more with its recommendation_id for the next ones."""
    recommendation_id: str
    """The shelf whose next page is wanted."""
    item_id: str
    """The item that the page shows."""
    cart: Sequence[str]
    category: Sequence[str]
    brand: Sequence[str]
    price_min: float
    price_max: float
    exclude: Literal["none", "purchased", "seen"]
    exclude_ids: Sequence[str]
    sort: Literal["best", "price", "-price"]
    diversity: float
    explain: bool
    """Whether each item has its reason."""
    filters: Mapping[str, Any]
    """Rules by the names of aisle.toml; these, boosts and pins need an sk_ key."""
    boosts: Mapping[str, float]
    pins: Sequence[str]


class PageWanted(TypedDict, total=False):
    """Which shelves a page shows, the most important first, and to whom."""

    placements: Required[Sequence[str]]
    user_id: str | None
    session_id: str | None
    n: int
    item_id: str
    cart: Sequence[str]
    exclude: Literal["none", "purchased", "seen"]
    exclude_ids: Sequence[str]
    explain: bool


class OfShop(TypedDict, total=False):
    """Which part of the shop a shelf is of."""

    n: int
    category: Sequence[str]
    brand: Sequence[str]


class ItemsWanted(TypedDict, total=False):
    """Which items are wanted: some by their ids, or those that a search for q finds, or all that shoppers may see."""

    item_id: Sequence[str]
    q: str
    """Words to search; the last one may be cut short."""
    user_id: str | None
    session_id: str | None
    category: Sequence[str]
    brand: Sequence[str]
    price_min: float
    price_max: float
    n: int
    offset: int


class EventsToDelete(TypedDict, total=False):
    """Which events: those to which all that is given applies."""

    since: str
    until: str
    event: Sequence[str]
    user_id: str
    item_id: str
    dry_run: bool
    """Whether they are only counted."""


# --- Shelves ----------------------------------------------------------------------------------------------------------


def recommendations(**wanted: Unpack[ShelfWanted]) -> Call[answers.Recommendations]:
    """Ask for a shopper's shelf."""
    return Call(method="POST", path="/api/recommendations", body=_given(wanted), gives=answers.Recommendations)


def page(**wanted: Unpack[PageWanted]) -> Call[answers.Page]:
    """Ask for the shelves of a page, each item once."""
    return Call(method="POST", path="/api/page", body=_given(wanted), gives=answers.Page)


def similar(item_id: str, n: int = 10) -> Call[answers.Recommendations]:
    """Ask for the items most like an item."""
    return _shelf("similar", {"item_id": item_id, "n": n})


def bought_together(item_id: str, n: int = 10) -> Call[answers.Recommendations]:
    """Ask for what is bought together with an item."""
    return _shelf("bought-together", {"item_id": item_id, "n": n})


def trending(**wanted: Unpack[OfShop]) -> Call[answers.Recommendations]:
    """Ask for the items that gain popularity."""
    return _shelf("trending", wanted)


def bestsellers(**wanted: Unpack[OfShop]) -> Call[answers.Recommendations]:
    """Ask for the items that sell best."""
    return _shelf("bestsellers", wanted)


def rank(item_ids: Sequence[str], user_id: str | None = None, session_id: str | None = None) -> Call[answers.Ranked]:
    """Ask for given items in the order of a shopper's taste."""
    body = _given({"item_ids": item_ids, "user_id": user_id, "session_id": session_id})
    return Call(method="POST", path="/api/rank", body=body, gives=answers.Ranked)


# --- The catalogue ----------------------------------------------------------------------------------------------------


def items(**wanted: Unpack[ItemsWanted]) -> Call[list[answers.CatalogueItem]]:
    """Ask for items of the catalogue: named ones, or those that a search finds, best first, or all, page by page.

    Raises
    ------
    InputError
        If item_id is an empty list: that would be all items.
    """
    if "item_id" in wanted and not wanted["item_id"]:
        raise InputError("item_id names no item; name some, or leave it out for all")
    return Call(method="GET", path="/api/items", query=wanted, gives=list[answers.CatalogueItem])


def put_items(rows: Rows) -> list[Call[answers.Received]]:
    """Add items or change them; what is not given stays as it is."""
    return _stores("items", rows)


def delete_items(item_ids: Sequence[str]) -> Call[answers.ItemsDeleted]:
    """Remove items from the catalogue; what shoppers did with them stays."""
    return Call(method="DELETE", path="/api/items", query={"item_id": item_ids}, gives=answers.ItemsDeleted)


# --- What shoppers do -------------------------------------------------------------------------------------------------


def send_events(rows: Rows) -> list[Call[answers.Received]]:
    """Store events.

    An event without `event_id` gets one here, so that a call that is sent again stores nothing twice. Whoever wants to
    repeat the whole after an error gives ids of their own.
    """
    return _stores("events", [with_id(row) for row in _listed(rows)])


def delete_events(**which: Unpack[EventsToDelete]) -> Call[answers.EventsDeleted]:
    """Delete events, or count them first; needs an ak_ key."""
    return Call(method="DELETE", path="/api/events", query=which, gives=answers.EventsDeleted)


def rate(
    user_id: str, item_id: str, rating: float, event_id: str | None = None, recommendation_id: str | None = None
) -> Call[answers.Rated]:
    """Store a shopper's rating of an item, once for each `event_id`; it gets one here if it has none."""
    body = {
        "user_id": user_id,
        "item_id": item_id,
        "rating": rating,
        "event_id": event_id or new_event_id(),
        "recommendation_id": recommendation_id,
    }
    return Call(method="POST", path="/api/feedback", body=body, gives=answers.Rated)


def add_reviews(rows: Rows) -> list[Call[answers.Received]]:
    """Store reviews, each `review_id` once."""
    return _stores("reviews", rows)


# --- People -----------------------------------------------------------------------------------------------------------


def put_users(rows: Rows) -> list[Call[answers.Received]]:
    """Add users or change their attributes."""
    return _stores("users", rows)


def export_user(user_id: str) -> Call[dict[str, Any]]:
    """Ask for everything that is stored about a person, by table."""
    return Call(method="GET", path="/api/users", query={"user_id": user_id}, gives=dict[str, Any])


def erase_user(user_id: str) -> Call[answers.ErasureReceipt]:
    """Erase a person from every table, for good."""
    return Call(method="DELETE", path="/api/users", query={"user_id": user_id}, gives=answers.ErasureReceipt)


def merge_users(anonymous_id: str, user_id: str) -> Call[answers.Merged]:
    """Give what a visitor did before signing in to the known user."""
    body = {"anonymous_id": anonymous_id, "user_id": user_id}
    return Call(method="POST", path="/api/users/merge", body=body, gives=answers.Merged)


def unmerge_users(anonymous_id: str, user_id: str) -> Call[answers.Unmerged]:
    """Undo a merge: what came in under the anonymous id, before it and since, is its own again."""
    query = {"anonymous_id": anonymous_id, "user_id": user_id}
    return Call(method="DELETE", path="/api/users/merge", query=query, gives=answers.Unmerged)


# --- Operations -------------------------------------------------------------------------------------------------------


def models() -> Call[list[answers.Model]]:
    """Ask for all trained models, newest first; needs an ak_ key, as do the three below."""
    return Call(method="GET", path="/api/models", gives=list[answers.Model])


def promote(version: int) -> Call[answers.Version]:
    """Make a model live."""
    return Call(method="POST", path="/api/models/promote", body={"version": version}, gives=answers.Version)


def rollback() -> Call[answers.Version]:
    """Go back to the model that was live before. Sent twice, it goes back twice: it is never repeated."""
    return Call(method="POST", path="/api/models/rollback", body={}, gives=answers.Version, repeatable=False)


def rejects(n: int = 20) -> Call[answers.Rejects]:
    """Ask for the newest rejected rows."""
    return Call(method="GET", path="/api/rejects", query={"n": n}, gives=answers.Rejects)


def health() -> Call[answers.Health]:
    """Ask for the server's health; needs no key."""
    return Call(method="GET", path="/api/health", gives=answers.Health)


# ----------------------------------------------------------------------------------------------------------------------


def new_event_id() -> str:
    """Return an id that no other event has."""
    return uuid.uuid4().hex


def with_id(event: Row) -> Row:
    """Return an event with an id."""
    return event if event.get(EVENT_ID) else {**event, EVENT_ID: new_event_id()}


def _shelf(route: str, query: Mapping[str, object]) -> Call[answers.Recommendations]:
    return Call(method="GET", path=f"/api/{route}", query=query, gives=answers.Recommendations)


def _given(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _listed(rows: Rows) -> Iterable[Row]:
    return [rows] if isinstance(rows, Mapping) else rows


def _stores(table: str, rows: Rows) -> list[Call[answers.Received]]:
    """Return as many calls as the rows need."""
    path = f"/api/{table}"
    return [Call(method="POST", path=path, body=part, gives=answers.Received) for part in _parts(_listed(rows))]


def _parts(rows: Iterable[Row]) -> Iterator[list[Raw]]:
    """Give rows as JSON in lists that one body may hold; one empty list if there are none."""
    part, size = list[Raw](), _BRACKETS
    for row in rows:
        text = msgspec.json.encode(row)
        if part and (len(part) == MAX_EVENTS or size + len(text) + 1 > MAX_BODY):
            yield part
            part, size = [], _BRACKETS
        part.append(Raw(text))
        size += len(text) + 1
    if part:
        yield part
