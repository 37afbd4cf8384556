"""Large tables are read batch by batch: servers keep what was not fetched yet."""

from typing import Any

import pytest
from sqlalchemy import event as hook

from aisle.shop.columns import EVENTS
from aisle.storage.connection import Database
from aisle.storage.log import events
from tests.storage import samples


def cursors(db: Database) -> list[str]:
    """Return the kinds of cursors that a streamed reading opens."""
    kinds: list[str] = []

    def note(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "FROM events" in statement:
            kinds.append(type(cursor).__name__)

    hook.listen(db.engine, "before_cursor_execute", note)
    sizes = [frame.height for frame in events.stream(db, tuple(EVENTS), batch_size=40)]
    hook.remove(db.engine, "before_cursor_execute", note)
    assert sizes == [40, 40, 20]
    return kinds


def test_a_large_table_is_read_through_a_cursor_that_streams(db: Database, kind: str) -> None:
    events.store(db, samples.events(0, 100))
    streaming = {"mysql": "SSCursor", "postgresql": "ServerCursor"}
    assert cursors(db) == [streaming.get(kind, "Cursor")]


def test_a_reading_may_stop_half_way(db: Database) -> None:
    events.store(db, samples.events(0, 100))
    batches = events.stream(db, tuple(EVENTS), batch_size=10)
    assert next(batches).height == 10
    batches.close()  # type: ignore[attr-defined]
    assert events.count(db) == 100


@pytest.mark.parametrize("until", [0, 30, 100])
def test_a_part_of_the_log_is_what_was_before_a_moment(db: Database, until: int) -> None:
    events.store(db, samples.events(0, 100))
    assert sum(frame.height for frame in events.stream(db, ["event_id"], until=samples.START + until)) == until
