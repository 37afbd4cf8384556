import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from aisle.shop.columns import EVENTS
from aisle.shop.errors import InputError, StorageError
from aisle.shop.events import ProfileEvent
from aisle.storage.connection import Database
from aisle.storage.health import damage
from aisle.storage.log import events
from aisle.storage.log.events import EventRow
from aisle.storage.rows import Stored
from tests.storage import samples
from tests.storage.samples import START, event


def _ids(db: Database) -> list[str]:
    return sorted(one for frame in events.stream(db, ["event_id"]) for one in frame["event_id"])


def test_an_event_comes_back_as_it_was(db: Database) -> None:
    full = event(
        1, session_id="s", quantity=2, price=12_500_000, currency="GBP", rating=4.5, transaction_id="t",
        recommendation_id="r", placement="home", position=3, properties='{"colour":"grün"}',
    )  # fmt: skip
    bare = samples.row("events", event_id="e2", event="search", timestamp=START)
    assert events.store(db, [full, bare]) == Stored(2, 0)
    (frame,) = events.stream(db, list(EVENTS))
    assert frame.rows() == [full, bare]


def test_clicks_on_shelves(db: Database) -> None:
    kinds = ("select_item", "select_item", "view_item", "select_item", "select_item")
    shelves = ("r'1'", "r2", "r2", None, "r2")
    clicks = [
        event(number, event=kind, recommendation_id=shelf)
        for number, (kind, shelf) in enumerate(zip(kinds, shelves, strict=True), 1)
    ]
    nowhere = samples.row("events", event_id="e9", event="select_item", timestamp=START, recommendation_id="r3")
    assert events.store(db, [*clicks, nowhere]) == Stored(6, 0)
    item, moment = (list(EVENTS).index(name) for name in ("item_id", "timestamp"))
    told = [("r'1'", clicks[0][item]), ("r2", clicks[1][item]), ("r2", clicks[4][item])]
    assert sorted(events.clicks(db, 0)) == sorted(told)
    assert events.clicks(db, clicks[4][moment]) == [told[2]]
    assert events.clicks(db, clicks[4][moment] + 1) == []
    assert events.first_clicks(db, 0) == {told[0]: clicks[0][moment], told[1]: clicks[1][moment]}
    assert events.first_clicks(db, clicks[4][moment]) == {told[2]: clicks[4][moment]}


def test_a_frame_is_stored_whatever_the_order_of_its_columns(db: Database) -> None:
    frame = pl.DataFrame(samples.events(0, 5), schema=list(EVENTS), orient="row", infer_schema_length=None)
    assert events.store(db, frame.select(reversed(frame.columns))) == Stored(5, 0)
    (read,) = events.stream(db, ["event_id", "user_id"])
    assert read.rows() == frame.select("event_id", "user_id").rows()


def test_nothing_to_store_is_no_trouble(db: Database) -> None:
    assert events.store(db, []) == Stored(0, 0)


def test_the_same_batch_again_stores_nothing(db: Database) -> None:
    batch = samples.events(0, 10)
    assert events.store(db, batch) == Stored(10, 0)
    assert events.store(db, batch) == Stored(0, 10)
    assert events.count(db) == 10


def test_duplicates_within_a_batch_and_with_the_table_are_counted(db: Database) -> None:
    events.store(db, samples.events(0, 3))
    assert events.store(db, [*samples.events(2, 3), event(4), event(3)]) == Stored(2, 3)


def test_the_first_of_two_events_with_one_id_stays(db: Database) -> None:
    events.store(db, [event(1, item_id="first"), event(1, item_id="second")])
    assert [row.item_id for row in events.of_user(db, "u", 10)] == ["first"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 20), max_size=10), max_size=5))
def test_counts_add_up_and_every_id_is_stored_once(db: Database, batches: list[list[int]]) -> None:
    with db.write() as connection:
        connection.execute(text("DELETE FROM events"))
    outcomes = [events.store(db, [event(number) for number in batch]) for batch in batches]
    assert [one.stored + one.duplicate for one in outcomes] == [len(batch) for batch in batches]
    assert sum(one.stored for one in outcomes) == events.count(db)
    assert _ids(db) == sorted({f"e{number}" for batch in batches for number in batch})


def test_a_batch_that_is_refused_leaves_nothing(db: Database) -> None:
    with pytest.raises(StorageError):
        events.store(db, [event(1), event(2, timestamp=None)])
    assert events.count(db) == 0


LOOKALIKES = ["u", "U", "u ", " u", "ú", "u\u0301", "ß", "ss", "😀", "a/b", "x" * 256]


def test_ids_are_compared_byte_for_byte(db: Database) -> None:
    events.store(db, [event(number, user_id=one, item_id=one) for number, one in enumerate(LOOKALIKES)])
    assert [[row.item_id for row in events.of_user(db, one, 10)] for one in LOOKALIKES] == [[one] for one in LOOKALIKES]


def test_a_stream_comes_in_batches_of_the_columns_asked_for(db: Database) -> None:
    events.store(db, samples.events(0, 25))
    frames = list(events.stream(db, ["timestamp", "user_id", "rating"], batch_size=10))
    assert [len(frame) for frame in frames] == [10, 10, 5]
    assert frames[0].schema == {"timestamp": pl.Int64, "user_id": pl.String, "rating": pl.Float64}
    assert sorted(pl.concat(frames)["timestamp"]) == [START + number for number in range(25)]


def test_a_stream_of_a_time_holds_its_start_and_not_its_end(db: Database) -> None:
    events.store(db, samples.events(0, 25))
    (frame,) = events.stream(db, ["timestamp"], since=START + 5, until=START + 8)
    assert sorted(frame["timestamp"] - START) == [5, 6, 7]


def test_a_log_without_events_has_no_last_moment(db: Database) -> None:
    assert events.last_moment(db) is None


def test_a_stream_of_nothing_ends_at_once(db: Database) -> None:
    assert list(events.stream(db, ["timestamp"])) == []


@pytest.mark.parametrize("columns", [["timestamp", "colour"], ["seq"], []])
def test_a_column_that_is_not_there_is_named(db: Database, columns: list[str]) -> None:
    with pytest.raises(InputError, match="choose from event_id, event,"):
        events.stream(db, columns)


def test_a_stream_given_up_lets_writers_on(db: Database) -> None:
    events.store(db, samples.events(0, 25))
    stream = events.stream(db, ["timestamp"], batch_size=10)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert events.store(db, samples.events(25, 5)) == Stored(5, 0)


def test_a_plan_from_when_the_table_was_small_is_not_kept(db: Database) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL keeps plans")
    with db.read() as connection:
        assert connection.execute(text("SHOW plan_cache_mode")).scalar() == "force_custom_plan"


def test_a_history_is_newest_first_and_cut(db: Database) -> None:
    events.store(db, [event(number, item_id=f"i{number}") for number in range(5)] + [event(9, user_id="other")])
    assert [row.item_id for row in events.of_user(db, "u", 3)] == ["i4", "i3", "i2"]
    assert events.of_user(db, "nobody", 3) == []


def test_of_two_events_of_one_moment_the_one_stored_last_is_newer(db: Database) -> None:
    events.store(db, [event(number, item_id=f"i{number}", timestamp=START) for number in range(3)])
    assert [row.item_id for row in events.of_user(db, "u", 3)] == ["i2", "i1", "i0"]


def test_a_history_holds_what_was_done_with_items_only(db: Database) -> None:
    events.store(db, [event(1, rating=5.0, event="rate"), event(2, item_id=None, event="search")])
    assert events.history(db, "u", 5) == [EventRow("i", "rate", None, None, None, 5.0, START + 1, None)]
    assert events.of_user(db, "u", 5) == [ProfileEvent("i", "rate", START + 1, 5.0, None)]


def test_the_most_active_users_come_first_and_nobody_is_none_of_them(db: Database) -> None:
    names = ["a", "b", "b", "c", "c", "c", None, None, None, None]
    events.store(db, [event(number, user_id=one) for number, one in enumerate(names)])
    assert events.active_users(db, 2) == ["c", "b"]


def test_looks_are_what_users_were_shown(db: Database) -> None:
    kinds = ["view_item_list", "view_item", "view_item_list", "view_item_list"]
    users = ["a", "a", None, "a"]
    events.store(
        db, [event(n, event=kind, user_id=user) for n, (kind, user) in enumerate(zip(kinds, users, strict=True))]
    )
    looks = list(events.looks(db, 0))
    assert [(user, item) for user, item, _ in looks] == [("a", "i")] * 2
    assert [look for *_, look in events.looks(db, looks[0][2] + 1)] == [
        look for *_, look in looks if look > looks[0][2]
    ]


def _writer(url: str, *arguments: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.storage.writer", url, *map(str, arguments)]
    root = Path(__file__).parents[4]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)


def _outcomes(output: str) -> list[list[int]]:
    return [[int(number) for number in line.split()] for line in output.splitlines()]


def test_processes_that_write_the_same_at_once_take_turns_and_count_right(db: Database, url: str) -> None:
    writers = [_writer(url, 0, 40, 250) for _ in range(2)]
    outcomes = [outcome for writer in writers for outcome in _outcomes(writer.communicate()[0])]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sum(stored for stored, _ in outcomes) == events.count(db) == 10_000
    assert sum(duplicate for _, duplicate in outcomes) == 10_000


def test_a_killed_import_keeps_what_it_acknowledged_and_can_be_run_again(db: Database, url: str) -> None:
    writer = _writer(url, 0, 1000, 500)
    assert writer.stdout is not None
    for _ in range(5):
        assert writer.stdout.readline() == "500 0\n"
    writer.send_signal(signal.SIGKILL)
    acknowledged = 5 * 500 + 500 * len(writer.stdout.read().splitlines())
    writer.wait()
    writer.stdout.close()
    kept = events.count(db)
    assert kept >= acknowledged
    assert kept % 500 == 0
    with db.read() as connection:
        assert damage(connection, ["events"]) == []
    second = _writer(url, 0, 20, 500)
    assert len(_outcomes(second.communicate()[0])) == 20
    assert _ids(db)[:1] == ["e0"]
    assert events.count(db) == max(kept, 10_000)


def test_events_are_counted(db: Database) -> None:
    assert events.count(db) == 0
    events.store(db, [*samples.events(3, 10), event(1, user_id=None)])
    assert events.count(db) == 11


def test_a_session_is_read_newest_first_with_or_without_what_names_a_user(db: Database) -> None:
    rows = [
        event(1, user_id=None, session_id="s", item_id="a", timestamp=START + 1),
        event(2, user_id="u", session_id="s", item_id="b", timestamp=START + 2),
        event(3, user_id=None, session_id="other", item_id="c", timestamp=START + 3),
    ]
    events.store(db, rows)
    assert [row.item_id for row in events.of_session(db, "s", 10)] == ["b", "a"]
    assert [row.item_id for row in events.of_session(db, "s", 10, nobodys=True)] == ["a"]
