"""The event writer on every database: a call returns the outcome of each event."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aisle.shop.errors import TryAgain
from aisle.storage.connection import Database
from aisle.storage.log import events
from aisle.storage.log.writer import EventWriter
from aisle.storage.shoppers import erased
from tests import databases
from tests.storage import samples
from tests.storage.samples import event


@pytest.fixture
def writer(db: Database) -> Iterator[EventWriter]:
    with EventWriter(db) as writer:
        yield writer


def _statuses(writer: EventWriter, *rows: samples.Event) -> list[str]:
    return [outcome.status for outcome in writer.write(rows)]


def test_each_event_gets_stored_or_duplicate(writer: EventWriter, db: Database) -> None:
    assert _statuses(writer, event(1), event(2)) == ["stored", "stored"]
    assert _statuses(writer, event(3), event(2), event(3)) == ["stored", "duplicate", "duplicate"]
    assert events.count(db) == 3


def test_of_two_events_with_one_id_the_first_is_kept(writer: EventWriter, db: Database) -> None:
    _statuses(writer, event(1, item_id="first"), event(1, item_id="second"))
    assert [row.item_id for row in events.of_user(db, "u", 10)] == ["first"]


def test_nothing_to_write_is_no_trouble(writer: EventWriter) -> None:
    assert writer.write([]) == []


def test_what_another_process_stored_is_a_duplicate(writer: EventWriter, kind: str, url: str) -> None:
    with databases.open_database(kind, url) as other_db, EventWriter(other_db) as other:
        _statuses(other, event(1))
    assert _statuses(writer, event(1), event(2)) == ["duplicate", "stored"]


def test_what_the_database_refuses_is_rejected_and_its_neighbours_are_stored(writer: EventWriter, db: Database) -> None:
    refused = event(3, timestamp=None)
    outcomes = writer.write([event(1), event(2), refused, event(4), event(1)])
    assert [outcome.status for outcome in outcomes] == ["stored", "stored", "rejected", "stored", "duplicate"]
    assert "does not take its values" in (outcomes[2].reason or "")
    assert events.count(db) == 3


@pytest.mark.parametrize("values", [{"quantity": 2**63}, {"position": 2**70}, {"currency": "half \ud83d"}])
def test_a_value_that_no_column_holds_is_rejected(writer: EventWriter, values: dict[str, object]) -> None:
    assert _statuses(writer, event(1), event(2, **values)) == ["stored", "rejected"]


def test_what_an_erased_person_did_is_rejected(writer: EventWriter, db: Database) -> None:
    with db.write() as connection:
        erased.bury(connection, ["gone"], 0)
    outcomes = writer.write([event(1), event(2, user_id="gone"), event(1)])
    assert [outcome.status for outcome in outcomes] == ["stored", "rejected", "duplicate"]
    assert "erased" in (outcomes[1].reason or "")
    assert events.count(db) == 1


def test_nonsense_fails_its_own_caller_only(db: Database) -> None:
    held = _Held(db)
    with held, ThreadPoolExecutor(2) as pool:
        good, bad = pool.submit(held.write, [event(1)]), pool.submit(held.write, [event(2, event_id=None)])
        held.wait_for(2)
        held.let_go()
        assert good.result()[0].status == "stored"
        with pytest.raises(AttributeError):
            bad.result()
    assert events.count(db) == 1


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 30), max_size=10), max_size=8))
def test_counts_of_callers_at_once_add_up(db: Database, batches: list[list[int]]) -> None:
    databases.empty(db)
    with EventWriter(db) as writer, ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda batch: writer.write([event(number) for number in batch]), batches))
    assert [len(some) for some in outcomes] == [len(batch) for batch in batches]
    counts = Counter(outcome.status for some in outcomes for outcome in some)
    assert counts["stored"] == events.count(db) == len({number for batch in batches for number in batch})
    assert counts["rejected"] == 0


def test_writers_of_two_processes_with_the_same_events_store_each_once(db: Database, kind: str, url: str) -> None:
    batches = [[event(number) for number in range(start, start + 20)] for start in range(0, 400, 10)]
    with (
        databases.open_database(kind, url) as other_db,
        EventWriter(db) as first,
        EventWriter(other_db) as second,
        ThreadPoolExecutor(8) as pool,
    ):
        futures = [pool.submit(writer.write, batch) for batch in batches for writer in (first, second)]
        counts = Counter(outcome.status for future in futures for outcome in future.result())
    assert counts == {"stored": events.count(db), "duplicate": 2 * 40 * 20 - events.count(db)}
    assert events.count(db) == 410


class _Held(EventWriter):
    """A writer whose commits wait until they are let go."""

    def __init__(self, db: Database, capacity: int = 20_000) -> None:
        super().__init__(db, capacity=capacity)
        self._gate = threading.Event()
        self.commits = 0

    def let_go(self) -> None:
        self._gate.set()

    def wait_for(self, calls: int) -> None:
        """Return when so many calls wait, the one in the thread's hands among them."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._calls) >= calls, 10)

    def _next(self):  # type: ignore[no-untyped-def]
        self._gate.wait()
        self.commits += 1
        return super()._next()


def test_callers_who_come_together_share_a_commit(db: Database) -> None:
    held = _Held(db)
    with held, ThreadPoolExecutor(10) as pool:
        futures = [pool.submit(held.write, samples.events(10 * number, 10)) for number in range(10)]
        held.wait_for(10)
        held.let_go()
        assert all(outcome.status == "stored" for future in futures for outcome in future.result())
        assert held.commits <= 2
    assert events.count(db) == 100


def test_a_full_queue_refuses_and_drops_nothing(db: Database) -> None:
    held = _Held(db, capacity=25)
    with held, ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(held.write, samples.events(10 * number, 10)) for number in range(2)]
        held.wait_for(2)
        with pytest.raises(TryAgain, match="20 events wait"):
            held.write(samples.events(100, 10))
        held.let_go()
        assert [len(future.result()) for future in futures] == [10, 10]
        assert _statuses(held, *samples.events(100, 10)) == ["stored"] * 10
    assert events.count(db) == 30


def test_closing_stores_what_waits_and_takes_no_more(db: Database) -> None:
    held = _Held(db)
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(held.write, samples.events(10 * number, 10)) for number in range(2)]
        held.wait_for(2)
        threading.Timer(0.05, held.let_go).start()
        held.close()
        assert [len(future.result()) for future in futures] == [10, 10]
    with pytest.raises(TryAgain, match="being closed"):
        held.write([event(1)])
    assert events.count(db) == 20
