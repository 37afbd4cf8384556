"""What shoppers do: events, and ratings."""

from collections import Counter
from dataclasses import replace
from typing import Annotated

import polars as pl
from msgspec import Meta, Struct

from aisle.app.serve import Live
from aisle.ingest.api import parse_events
from aisle.ingest.batch import Batch
from aisle.shop.columns import SESSION_ID, USER_ID
from aisle.shop.errors import Forbidden, InputError
from aisle.shop.events import MAX_RATING
from aisle.shop.ids import check_id
from aisle.storage.writer import Outcome
from aisle.web.access.caller import Caller


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

    user_id: str | int
    rating: Annotated[float, Meta(ge=0, le=MAX_RATING)]
    item_id: str | int | None = None
    product_id: Annotated[str | int | None, Meta(description="Another name for item_id.")] = None

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


def events(live: Live, caller: Caller, body: bytes) -> Received:
    """Store the events of a request; when the answer comes, the accepted ones are durable."""
    batch, reasons = parse_events(body)
    if caller.is_page:
        batch, reasons = _of_page(caller, batch, reasons)
    outcomes = iter(live.accept(batch))
    done = [next(outcomes) if reason is None else Outcome("rejected", reason) for reason in reasons]
    count = Counter(outcome.status for outcome in done)
    errors = [
        EventProblem(index, outcome.reason or "") for index, outcome in enumerate(done) if outcome.status == "rejected"
    ]
    return Received(len(done), count["stored"], count["duplicate"], count["rejected"], errors)


def feedback(live: Live, caller: Caller, given: Feedback) -> Rated:
    """Store a rating; it is durable when the answer comes."""
    user_id, _ = caller.visitor(given.user(), None)
    rated = Rated(user_id or "", given.item(), given.rating)
    live.feedback(rated.user_id, rated.item_id, rated.rating)
    return rated


def _of_page(caller: Caller, batch: Batch, reasons: list[str | None]) -> tuple[Batch, list[str | None]]:
    """Return events as a page may send them: of its session and its signed user, all others rejected."""
    checked = [_visitor(caller, *ids) for ids in batch.accepted.select(USER_ID, SESSION_ID).rows()]
    given = iter(checked)
    reasons = [next(given)[1] if reason is None else reason for reason in reasons]
    accepted = batch.accepted.with_columns(pl.Series(USER_ID, [user_id for user_id, _ in checked], pl.String))
    allowed = pl.Series([problem is None for _, problem in checked], dtype=pl.Boolean)
    return replace(batch, accepted=accepted.filter(allowed)), reasons


def _visitor(caller: Caller, user_id: str | None, session_id: str | None) -> tuple[str | None, str | None]:
    """Return whose an event is, and why a page may not send it."""
    try:
        user_id, session_id = caller.visitor(user_id, session_id)
    except (InputError, Forbidden) as error:
        return None, str(error)
    return user_id, None if user_id or session_id else "session_id is missing; an event of a page belongs to a session"
