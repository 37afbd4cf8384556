"""The event writer where the database does not do as it should."""

from collections.abc import Iterator

import pytest

from aisle.shop.errors import DatabaseUnavailable
from aisle.storage.connection import Database, connect
from aisle.storage.log import events, writer
from aisle.storage.log.writer import EventWriter
from tests.storage import samples
from tests.storage.samples import event


@pytest.fixture
def event_writer(db: Database) -> Iterator[EventWriter]:
    with EventWriter(db) as writer:
        yield writer


def test_a_database_that_does_not_answer_fails_the_call_and_not_the_writer() -> None:
    with connect("postgresql://bob@127.0.0.1:1/shop") as db, EventWriter(db) as event_writer:
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable, match="does not answer"):
                event_writer.write([event(1)])


def test_a_caller_does_not_wait_for_ever_and_its_events_may_come_again(
    db: Database, event_writer: EventWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 0.05)
    with db.write():
        with pytest.raises(DatabaseUnavailable, match="took no event"):
            event_writer.write(samples.events(0, 3))
        with pytest.raises(DatabaseUnavailable, match="took no event"):
            event_writer.write(samples.events(3, 3))
    monkeypatch.undo()
    assert len(event_writer.write(samples.events(0, 6))) == 6
    assert events.count(db) == 6


def test_a_writer_that_wrote_nothing_starts_no_thread(db: Database) -> None:
    with EventWriter(db) as event_writer:
        event_writer.write([])
        assert event_writer._thread is None
