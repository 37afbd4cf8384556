"""Events that nobody should send: whatever they are, every database gives the same answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aisle.ingest.api import parse_events
from aisle.shop.columns import ALIASES, EVENTS
from aisle.shop.errors import InputError
from aisle.storage.connection import Database
from aisle.storage.log import events
from aisle.storage.log.writer import EventTuple, EventWriter
from tests.storage import samples

GOOD: Final = {
    "event": '"view_item"', "user_id": '"u"', "item_id": '"i"', "timestamp": '"2024-05-01T10:00:00Z"'
}  # fmt: skip
"""The raw fields of an event that is fine."""

NASTY: Final = (
    "NaN", "Infinity", "1e400", "-1e400", "-0.0", "1e-400", "null", "true", "[]", "{}", '""', '" "', "0", "-1",
    '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\ud83d\\ude00"', '"\x7f"', '"\\u2028"', "9" * 400, "1" + "0" * 30,
    str(2**31), str(2**63), str(-(2**63)), "0.1", "1.7976931348623157e308", "[" * 3000 + "]" * 3000,
    '{"a":' * 300 + "1" + "}" * 300, '"' + "x" * 257 + '"', '"' + "é" * 200 + '"', '"' + "y" * 40_000 + '"',
    '"purchase"', '"rate"', '"refund"', '"1999-12-31"', '"2999-01-01"', '"0000-00-00"', '"u "', '"U"', "1e3",
)  # fmt: skip

_RAW: Final = st.one_of(
    st.sampled_from(NASTY),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(json.dumps),
    st.text(max_size=20).map(json.dumps),
)
_NAMES: Final = st.sampled_from([*EVENTS, *ALIASES, "colour", ""])
_EVENT: Final = st.tuples(
    st.lists(st.tuples(_NAMES, _RAW), min_size=1, max_size=4), st.sets(st.sampled_from(list(GOOD)), max_size=1)
)

EVENTS_PER_EXAMPLE: Final = 25


@dataclass
class Poisoned:
    """What the databases said to generated events."""

    events: int = 0
    rejected: int = 0
    differing: int = 0
    """Batches to which two databases said different things."""
    statuses: set[str] = field(default_factory=set)


def poison(dbs: Mapping[str, Database], examples: int) -> Poisoned:
    """Check generated events, send those that pass to several databases, and compare the outcomes."""
    poisoned = Poisoned()
    writers = {kind: EventWriter(db) for kind, db in dbs.items()}

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(_EVENT, min_size=EVENTS_PER_EXAMPLE, max_size=EVENTS_PER_EXAMPLE))
    def send(drafts: list[tuple[list[tuple[str, str]], set[str]]]) -> None:
        bodies = [_json(fields, missing) for fields, missing in drafts]
        accepted = _checked(bodies)
        poisoned.events += len(bodies)
        poisoned.rejected += len(bodies) - len(accepted)
        verdicts = compare(writers, accepted)
        poisoned.statuses.update(status for verdict in verdicts for status in verdict)
        poisoned.differing += len(set(verdicts)) > 1

    send()
    for writer in writers.values():
        writer.close()
    poisoned.differing += len({repr(_content(db)) for db in dbs.values()}) > 1
    return poisoned


def compare(writers: Mapping[str, EventWriter], rows: list[EventTuple]) -> list[tuple[str, ...]]:
    """Return each database's verdicts on some events."""
    return [tuple(outcome.status for outcome in writer.write(rows)) for writer in writers.values()]


def unchecked_events() -> list[EventTuple]:
    """Return events that the checks would reject."""
    values: list[dict[str, Any]] = [{"currency": "a\0b"}, {"rating": float("nan")}, {"user_id": "é" * 200}]
    return [samples.event(number, **changes) for number, changes in enumerate(values)]


def _json(fields: list[tuple[str, str]], missing: set[str]) -> bytes:
    """Return an event whose good fields come first, so that the others double, spoil or complete them."""
    kept = [(name, raw) for name, raw in GOOD.items() if name not in missing and name not in dict(fields)]
    text = ",".join(f"{json.dumps(name)}:{raw}" for name, raw in [*kept, *fields])
    return f"{{{text}}}".encode(errors="surrogatepass")


def _checked(bodies: list[bytes]) -> list[EventTuple]:
    """Return the events that are accepted; those that are JSON come together, each of the others alone."""
    together = [body for body in bodies if _is_json(body)]
    alone = [body for body in bodies if not _is_json(body)]
    return [row for body in [b"[" + b",".join(together) + b"]", *alone] for row in _accepted(body)]


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return False
    return True


def _accepted(body: bytes) -> list[EventTuple]:
    try:
        return parse_events(body).accepted
    except InputError:
        return []


def _content(db: Database) -> list[EventTuple]:
    return sorted(
        (row for frame in events.stream(db, list(EVENTS)) for row in frame.rows()),
        key=lambda row: tuple((value is not None, value) for value in row[:1]),
    )
