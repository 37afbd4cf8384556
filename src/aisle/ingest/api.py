"""Events of `POST /api/events`, as JSON: the same checks as for files, and an outcome for each event."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec

from aisle.ingest.json import check_object, split
from aisle.ingest.rows.check import check_event
from aisle.ingest.rows.fields import field_of
from aisle.shop import columns as c
from aisle.shop import moments
from aisle.shop.errors import InputError
from aisle.shop.events import MAX_BODY, MAX_EVENTS, MAX_RATING, MAX_TEXT_BYTES, Stars, off_scale
from aisle.shop.rejects import Reject, cut

Cells: TypeAlias = dict[str, str | None]
EventTuple: TypeAlias = tuple[Any, ...]

_TIMESTAMP: Final = list(c.EVENTS).index(c.TIMESTAMP)
_RATING: Final = list(c.EVENTS).index(c.RATING)

_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])

SOURCE: Final = "api"
"""The source of rejects of requests."""

ANY_STARS: Final[Stars] = (0.0, MAX_RATING)
"""The scale of ratings where the shop's own is not known."""

FEW: Final = 200
"""Up to how many events are checked one by one; a frame pays for itself past them."""


@dataclass(frozen=True)
class Events:
    """The events of a request, checked.

    Attributes
    ----------
    accepted
        The events that pass, each a tuple in the order of `shop.columns.EVENTS`.
    rejects
        The others.
    reasons
        For each event, in the order of the body, why it was rejected, or None.
    """

    accepted: list[EventTuple]
    rejects: list[Reject]
    reasons: list[str | None]


def parse_events(body: bytes, now: int | None = None, stars: Stars = ANY_STARS) -> Events:
    """Check the events of a request.

    Parameters
    ----------
    body
        One event as a JSON object, a list of them, or `{"events": [...]}`. `product_id` may stand for `item_id`;
        `event_id` and `timestamp` are added where they are missing. A timestamp is ISO 8601 text or a number of
        seconds, milliseconds or microseconds; a price is in currency units.
    now
        The present moment, if not the clock's. A timestamp ahead of it, from a clock that is wrong, becomes it.
    stars
        The lowest and the highest rating of the shop's scale.

    Raises
    ------
    InputError
        If the body is not JSON of such a shape, has more than 1,000 events or more than 2 MB.
    """
    if len(body) > MAX_BODY:
        raise InputError(f"the body has {len(body):,} bytes; send at most {MAX_BODY:,} at a time")
    events = _events(body)
    if len(events) > MAX_EVENTS:
        raise InputError(f"the body has {len(events):,} events; send at most {MAX_EVENTS:,} at a time")
    now = moments.now() if now is None else now
    accepted, reasons = check_events(events, [(None, now)] * len(events), now)
    accepted = _on_scale([_not_ahead(event, now) for event in accepted], reasons, stars)
    rejects = [
        Reject(SOURCE, None, "events", reason, cut(event.decode()))
        for event, reason in zip(events, reasons, strict=True)
        if reason is not None
    ]
    return Events(accepted, rejects, reasons)


def check_events(
    events: Sequence[bytes], defaults: Sequence[tuple[str | None, int]], now: int
) -> tuple[list[EventTuple], list[str | None]]:
    """Check events one by one.

    Parameters
    ----------
    events
        The text of each.
    defaults
        For each the `event_id` and the `timestamp` to give it if it has none; without an id, a new one.
    now
        The present moment: timestamps may be a day ahead of it.

    Returns
    -------
    accepted
        The events that pass, each a tuple in the order of `shop.columns.EVENTS`.
    reasons
        For each event why it does not pass, or None.
    """
    reasons: list[str | None] = [None] * len(events)
    rows: dict[int, Cells] = {}
    for place, event in enumerate(events):
        try:
            rows[place] = _with_defaults(dict(_cells(event)), *defaults[place])
        except InputError as error:
            reasons[place] = str(error)
    check = _by_row if len(rows) <= FEW else _by_column
    return check(rows, now, reasons), reasons


def _not_ahead(event: EventTuple, now: int) -> EventTuple:
    """Return an event as one of this moment, if it is later: it must not pass for a shopper's last one for a day."""
    return (*event[:_TIMESTAMP], now, *event[_TIMESTAMP + 1 :]) if event[_TIMESTAMP] > now else event


def _on_scale(accepted: list[EventTuple], reasons: list[str | None], stars: Stars) -> list[EventTuple]:
    """Return the events without those whose rating is off the shop's scale, and give these their reason."""
    places = [place for place, reason in enumerate(reasons) if reason is None]
    kept = []
    for place, event in zip(places, accepted, strict=True):
        reasons[place] = off_scale(event[_RATING], stars)
        if reasons[place] is None:
            kept.append(event)
    return kept


def _by_row(rows: Mapping[int, Cells], now: int, reasons: list[str | None]) -> list[EventTuple]:
    accepted = []
    for place, cells in rows.items():
        event, reasons[place] = check_event(cells, now)
        if event is not None:
            accepted.append(event)
    return accepted


def _by_column(rows: Mapping[int, Cells], now: int, reasons: list[str | None]) -> list[EventTuple]:
    # A server starts without Polars: most requests bring few events.
    import polars as pl

    from aisle.ingest.batch import ROW
    from aisle.ingest.dates import DateRule
    from aisle.ingest.readers.jsonl import to_frame
    from aisle.ingest.validate import validate
    from aisle.ingest.written import ISO_OR_EPOCH

    frame = to_frame(list(rows.values())).with_columns(pl.Series(ROW, list(rows), pl.Int64))
    checked = validate("events", frame, {c.TIMESTAMP: DateRule(ISO_OR_EPOCH)}, now)
    for place, reason in checked.reasons.rows():
        reasons[place] = reason
    return checked.accepted.rows()


def _events(body: bytes) -> list[bytes]:
    try:
        body.decode()
        return _split(body)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f'the body is not JSON events ({_message(error)}); send an object, a list, or {{"events": [...]}} as UTF-8'
        ) from None


def _split(body: bytes) -> list[bytes]:
    try:
        if body.lstrip().startswith(b"["):
            return [bytes(event) for event in _LIST.decode(body)]
        envelope = _OBJECT.decode(body)
        return [bytes(event) for event in _LIST.decode(envelope["events"])] if "events" in envelope else [body.strip()]
    except (ValueError, RecursionError):
        return split(body)


def _cells(event: bytes) -> Iterator[tuple[str, str | None]]:
    """Give an event's fields under our column names, as text."""
    if len(event) > MAX_TEXT_BYTES:
        raise InputError(f"the event has {len(event):,} bytes; it may have {MAX_TEXT_BYTES:,}")
    try:
        fields = _OBJECT.decode(event)
        check_object(event, len(fields))
    except (ValueError, RecursionError) as error:
        raise InputError(f"the event cannot be read: {_message_of_event(error)}") from None
    for theirs, raw in fields.items():
        ours = c.ALIASES.get(theirs, theirs)
        if ours not in c.EVENTS:
            raise InputError(f"field {theirs[:60]!r} is unknown; put fields of your own into properties")
        if ours != theirs and ours in fields:
            raise InputError(f"{ours} is given twice, also as {theirs}; send one")
        yield ours, field_of("events", ours, raw)


def _with_defaults(event: Cells, event_id: str | None, timestamp: int) -> Cells:
    return event | {
        c.EVENT_ID: event.get(c.EVENT_ID) or event_id or uuid.uuid4().hex,
        c.TIMESTAMP: event.get(c.TIMESTAMP) or str(timestamp),
    }


def _message(error: Exception) -> str:
    return "it nests too deeply" if isinstance(error, RecursionError) else str(error)


def _message_of_event(error: Exception) -> str:
    # The event was read to its end: what the decoder calls truncated is a surrogate pair.
    halved = "truncated" in str(error)
    return "a text in it holds half of a surrogate pair, which is no Unicode" if halved else _message(error)
