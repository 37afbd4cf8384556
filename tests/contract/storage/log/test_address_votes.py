"""What a network address counts for, on every database: events beyond it are stored, and marked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from aisle.shop.moments import DAY, HOUR
from aisle.storage import backup
from aisle.storage.connection import Database
from aisle.storage.log import events
from aisle.storage.log.address_votes import TIMES_IN_ALL, AddressVotes, forget_old
from aisle.storage.log.passing import address_salts, address_votes
from aisle.storage.log.writer import EventWriter
from aisle.storage.tables import events as events_table
from tests import databases
from tests.storage.samples import event

CAP = 3
OFFICE, OTHER = "192.0.2.7", "192.0.2.8"


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.moment = 20_000 * DAY

    def __call__(self) -> int:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def writer(db: Database, clock: Clock) -> Iterator[EventWriter]:
    with EventWriter(db, votes_per_address=CAP, clock=clock) as writer:
        yield writer


def _send(writer: EventWriter, numbers: range, address: str | None = OFFICE, **values: object) -> list[str]:
    rows = [event(number, user_id=None, session_id=f"s{number}", **values) for number in numbers]
    return [outcome.status for outcome in writer.outcomes(writer.submit(rows, address=address))]


def _over(db: Database) -> list[int]:
    """Return the numbers of the events that are over a cap."""
    with db.read() as connection:
        marked = select(events_table.c.event_id).where(events_table.c.over_cap == 1)
        return sorted(int(name.removeprefix("e")) for name in connection.execute(marked).scalars())


def test_events_past_the_cap_of_an_address_are_stored_and_marked(writer: EventWriter, db: Database) -> None:
    assert _send(writer, range(10)) == ["stored"] * 10
    assert _over(db) == list(range(CAP, 10))
    assert len(events.of_session(db, "s9", 10)) == 1


def test_they_add_up_over_requests(writer: EventWriter, db: Database) -> None:
    for number in range(5):
        _send(writer, range(number, number + 1))
    assert _over(db) == [3, 4]


def test_kinds_items_and_addresses_are_counted_apart(writer: EventWriter, db: Database) -> None:
    _send(writer, range(3))
    _send(writer, range(10, 13), item_id="another")
    _send(writer, range(20, 23), event="view_item")
    _send(writer, range(30, 33), OTHER)
    assert _over(db) == []


def test_the_shops_own_server_is_not_capped(writer: EventWriter, db: Database) -> None:
    _send(writer, range(50), None)
    assert _over(db) == []
    with db.read() as connection:
        assert connection.execute(select(address_votes)).all() == connection.execute(select(address_salts)).all() == []


def test_an_address_counts_for_all_items_a_number_of_times_a_day(writer: EventWriter, db: Database) -> None:
    in_all = CAP * TIMES_IN_ALL
    rows = [event(number, item_id=f"i{number}") for number in range(in_all + 5)]
    writer.outcomes(writer.submit(rows, address=OFFICE))
    assert _over(db) == list(range(in_all, in_all + 5))


def test_duplicates_and_what_names_no_item_are_no_votes(writer: EventWriter, db: Database) -> None:
    _send(writer, range(2))
    assert _send(writer, range(2)) == ["duplicate"] * 2
    _send(writer, range(10, 20), event="search", item_id=None)
    _send(writer, range(20, 30), event="view_item_list")
    assert _send(writer, range(2, 4)) == ["stored"] * 2
    assert _over(db) == [3]


def test_a_refused_event_is_no_vote_and_its_neighbours_are(writer: EventWriter, db: Database) -> None:
    rows = [event(0), event(1, timestamp=None), event(2), event(3), event(4)]
    outcomes = writer.outcomes(writer.submit(rows, address=OFFICE))
    assert [outcome.status for outcome in outcomes] == ["stored", "rejected", "stored", "stored", "stored"]
    assert _over(db) == [4]


def test_each_day_begins_anew_with_a_salt_of_its_own(writer: EventWriter, db: Database, clock: Clock) -> None:
    _send(writer, range(5))
    clock.moment += DAY
    _send(writer, range(10, 15))
    assert _over(db) == [3, 4, 13, 14]
    with db.read() as connection:
        assert len(set(connection.execute(select(address_salts.c.salt)).scalars())) == 2


def test_what_was_counted_is_gone_after_48_hours(writer: EventWriter, db: Database, clock: Clock) -> None:
    _send(writer, range(5))
    clock.moment += 48 * HOUR - 1
    forget_old(db, clock.moment)
    with db.read() as connection:
        assert len(connection.execute(select(address_salts)).all()) == 1
    clock.moment += 1
    _send(writer, range(10, 12), OTHER)
    with db.read() as connection:
        days = [*connection.execute(select(address_salts.c.day)).scalars()]
        days += connection.execute(select(address_votes.c.day)).scalars()
    assert set(days) == {20_002}
    assert _over(db) == [3, 4]


def test_no_address_can_be_read_in_the_database(writer: EventWriter, db: Database) -> None:
    _send(writer, range(5))
    with db.read() as connection:
        rows = [*connection.execute(select(address_votes)).all(), *connection.execute(select(events_table)).all()]
    assert all(OFFICE not in str(value) and OFFICE.encode() not in bytes(str(value), "utf-8") for value in rows)


def test_a_backup_has_the_marks_and_neither_digests_nor_salts(writer: EventWriter, db: Database) -> None:
    _send(writer, range(5))
    parts = {part.table: part.frame for part in backup.dump(db)}
    assert parts["events"]["over_cap"].sum() == 2
    assert not {"address_votes", "address_salts"} & parts.keys()
    backup.load(db, [backup.Part(table, frame) for table, frame in parts.items()])
    assert _over(db) == [3, 4]


def test_processes_count_together(kind: str, url: str, db: Database, clock: Clock) -> None:
    with databases.open_database(kind, url) as other_db:
        with (
            EventWriter(db, votes_per_address=50, clock=clock) as one,
            EventWriter(other_db, votes_per_address=50, clock=clock) as other,
            ThreadPoolExecutor(2) as pool,
        ):
            sent = [
                pool.submit(_send, (one, other)[number % 2], range(10 * number, 10 * number + 10))
                for number in range(20)
            ]
            assert [status for future in sent for status in future.result()] == ["stored"] * 200
        # Two commits at once do not see each other: at most one commit of the other process counts beyond the cap.
        assert 130 <= len(_over(db)) <= 150


def test_a_day_that_two_processes_begin_has_one_salt(kind: str, url: str, db: Database, clock: Clock) -> None:
    with databases.open_database(kind, url) as other_db:
        both = [AddressVotes(db, CAP, clock), AddressVotes(other_db, CAP, clock)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(AddressVotes.begin, both))
    with db.read() as connection:
        assert len(connection.execute(select(address_salts)).all()) == 1
