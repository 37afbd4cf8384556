"""What shoppers do: events, and ratings."""

import time
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Annotated, Final

from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from aisle.app.data.deletion import Which, delete_events
from aisle.app.serve import Live
from aisle.app.serving.ratings import check_rating
from aisle.ingest.api import Events, parse_events
from aisle.shop.columns import EVENTS, SESSION_ID, USER_ID
from aisle.shop.errors import Forbidden, InputError
from aisle.shop.events import MAX_RATING
from aisle.shop.ids import check_id, check_optional_id
from aisle.shop.moments import from_moment
from aisle.storage.log.writer import Outcome
from aisle.web import metrics
from aisle.web.access.caller import Caller
from aisle.web.schemas import Id

SMALL_BODY: Final = 4096
"""How many bytes of events are checked without a thread of their own."""

_USER: Final = list(EVENTS).index(USER_ID)
_SESSION: Final = list(EVENTS).index(SESSION_ID)


class EventProblem(Struct, frozen=True):
    """Why an event was rejected."""

    index: Annotated[int, Meta(description="Its place in the request, from 0.")]
    reason: str


class Received(Struct, frozen=True):
    """What became of the events of a request; those stored are durable."""

    received: int
    stored: int
    duplicate: Annotated[int, Meta(description="Stored before, or earlier in this request.")]
    rejected: int
    errors: list[EventProblem]


class Feedback(Struct, frozen=True, forbid_unknown_fields=True):
    """A shopper's rating of an item. Ids may be numbers."""

    user_id: Id | int
    rating: Annotated[float, Meta(ge=0, le=MAX_RATING)]
    item_id: Id | int | None = None
    product_id: Annotated[Id | int | None, Meta(description="Another name for item_id.")] = None
    event_id: Annotated[Id | None, Meta(description="Makes it safe to send again: one id is stored once.")] = None
    recommendation_id: Annotated[Id | None, Meta(description="The shelf that the item was on.")] = None

    def user(self) -> str:
        """Return the shopper's id.

        Raises
        ------
        IdError
            If it is not a valid id.
        """
        return check_id(str(self.user_id), "user_id")

    def item(self) -> str:
        """Return the item's id, from either of its two fields.

        Raises
        ------
        InputError
            If both fields are missing or they disagree, or the value is not a valid id.
        """
        ids = {str(value) for value in (self.item_id, self.product_id) if value is not None}
        if not ids:
            raise InputError("item_id is missing; say which item is rated")
        if len(ids) > 1:
            raise InputError(f"item_id {self.item_id!r} and product_id {self.product_id!r} differ; send one of them")
        return check_id(ids.pop(), "item_id")


class Rated(Struct, frozen=True):
    """A rating that was stored."""

    user_id: str
    item_id: str
    rating: float


class EventsToDelete(Struct, frozen=True, forbid_unknown_fields=True):
    """Which events: those to which all that is given applies."""

    since: Annotated[str | None, Meta(description="From this moment on, ISO 8601.")] = None
    until: Annotated[str | None, Meta(description="Up to this moment, not including it.")] = None
    event: Annotated[tuple[str, ...], Meta(max_length=100, description="Of this kind; repeat for more.")] = ()
    user_id: Id | None = None
    item_id: Id | None = None
    dry_run: Annotated[bool, Meta(description="Whether they are only counted.")] = False


class EventsDeleted(Struct, frozen=True):
    """The events that were deleted, or would be."""

    events: int
    users: int
    items: int
    first: Annotated[str | None, Meta(description="When the first one happened, as ISO 8601.")]
    last: str | None
    kinds: Annotated[dict[str, int], Meta(description="How many of each kind.")]
    dry_run: bool


def delete(live: Live, _caller: Caller, given: EventsToDelete) -> EventsDeleted:
    """Delete events, and the interactions that rest on them, or count them first."""
    which: Which = {
        "since": given.since,
        "until": given.until,
        "event": given.event,
        "user_id": check_optional_id(given.user_id, "user_id"),
        "item_id": check_optional_id(given.item_id, "item_id"),
    }
    found = delete_events(live.db, which, dry_run=given.dry_run)
    first, last = (None if moment is None else from_moment(moment).isoformat() for moment in (found.first, found.last))
    return EventsDeleted(found.events, found.users, found.items, first, last, found.kinds, given.dry_run)


async def events(live: Live, caller: Caller, body: bytes) -> Received:
    """Store the events of a request; when the answer comes, the accepted ones are durable."""
    # A few are checked here, as that takes less than a change of threads.
    check = partial(parse_events, stars=live.stars)
    checked = check(body) if len(body) <= SMALL_BODY else await run_in_threadpool(check, body)
    if caller.is_page:
        checked = _of_page(caller, checked)
    arrived = time.perf_counter()
    outcomes = iter(await live.acknowledged(live.submit(checked, caller.address)))
    metrics.note_events(time.perf_counter() - arrived)
    done = [next(outcomes) if reason is None else Outcome("rejected", reason) for reason in checked.reasons]
    count = Counter(outcome.status for outcome in done)
    errors = [
        EventProblem(index, outcome.reason or "") for index, outcome in enumerate(done) if outcome.status == "rejected"
    ]
    return Received(len(done), count["stored"], count["duplicate"], count["rejected"], errors)


async def feedback(live: Live, caller: Caller, given: Feedback) -> Rated:
    """Store a rating; it is durable when the answer comes."""
    user_id, _ = caller.visitor(given.user(), None)
    rated = Rated(user_id or "", given.item(), given.rating)
    event_id = check_optional_id(given.event_id, "event_id")
    shelf = check_optional_id(given.recommendation_id, "recommendation_id")
    outcomes = live.submit_rating(rated.user_id, rated.item_id, rated.rating, event_id, shelf, caller.address)
    check_rating(rated.user_id, await live.acknowledged(outcomes))
    return rated


def _of_page(caller: Caller, checked: Events) -> Events:
    """Return events as a page may send them: of its session and its signed user, all others rejected."""
    accepted, reasons = [], list(checked.reasons)
    places = [place for place, reason in enumerate(reasons) if reason is None]
    for place, event in zip(places, checked.accepted, strict=True):
        user_id, reasons[place] = _visitor(caller, event[_USER], event[_SESSION])
        if reasons[place] is None:
            accepted.append((*event[:_USER], user_id, *event[_USER + 1 :]))
    return replace(checked, accepted=accepted, reasons=reasons)


def _visitor(caller: Caller, user_id: str | None, session_id: str | None) -> tuple[str | None, str | None]:
    """Return whose an event is, and why a page may not send it."""
    try:
        user_id, session_id = caller.visitor(user_id, session_id)
    except (InputError, Forbidden) as error:
        return None, str(error)
    return user_id, None if user_id or session_id else "session_id is missing; an event of a page belongs to a session"
