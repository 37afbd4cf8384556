"""The same row is the same row, on every database: however it is spelled, and whatever was known of its columns."""

import threading
from pathlib import Path

import polars as pl
import pytest

from aisle.app.data.importing import Imported, import_rows
from aisle.ingest.plan import Plan
from aisle.shop.columns import EVENTS
from aisle.storage.connection import Database
from aisle.storage.log import events, imports, rejects
from aisle.storage.shoppers import people
from tests.ingest.files import write
from tests.ingest.test_ingest import SPELLINGS, spelled

LINES = [f"c{n % 4},p{n % 3},2024-03-{n + 1:02d} 10:00:00,{n}.50,web" for n in range(20)]
POOR = Plan(columns={"wer": "user_id", "was": "item_id", "wann": "timestamp"})
RICH = Plan(columns=POOR.columns | {"preis": "price"}, constants={"event": "purchase", "currency": "EUR"})


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write(tmp_path / "log.csv", "wer,was,wann,preis,kanal", *LINES)


def counts(imported: Imported) -> tuple[int, int, int, int]:
    count = imported.tables["events"]
    assert count.read == count.stored + count.repaired + count.duplicate + count.rejected + count.erased
    return count.stored, count.repaired, count.duplicate, count.rejected


def contents(db: Database) -> pl.DataFrame:
    return pl.concat(list(events.stream(db, list(EVENTS)))).sort("timestamp", "event_id")


def test_three_orders_in_seven_spellings_are_three_events(db: Database, tmp_path: Path) -> None:
    for name in SPELLINGS:
        import_rows(db, [spelled(tmp_path, name)], Plan())
    assert events.count(db) == 3


def test_three_orders_in_seven_spellings_are_three_events_also_in_one_import(db: Database, tmp_path: Path) -> None:
    assert counts(import_rows(db, [spelled(tmp_path, name) for name in SPELLINGS], Plan())) == (3, 0, 18, 0)


def test_views_become_the_purchases_that_they_were(db: Database, log: Path) -> None:
    assert counts(import_rows(db, [log], POOR)) == (20, 0, 0, 0)
    before = contents(db)
    assert counts(import_rows(db, [log], RICH)) == (0, 20, 0, 0)
    after = contents(db)
    assert after["event_id"].to_list() == before["event_id"].to_list()
    assert set(after["event"]) == {"purchase"}
    assert after["price"].to_list() == [n * 1_000_000 + 500_000 for n in range(20)]
    for plan in (RICH, POOR, RICH):
        assert counts(import_rows(db, [log], plan)) == (0, 0, 20, 0)
    assert contents(db).equals(after)


def test_a_column_that_was_taken_for_the_wrong_thing_is_mended(db: Database, log: Path) -> None:
    import_rows(db, [log], Plan(columns={"kanal": "user_id", "was": "item_id", "wann": "timestamp"}))
    assert counts(import_rows(db, [log], RICH)) == (0, 20, 0, 0)
    assert set(contents(db)["user_id"]) == {f"c{n}" for n in range(4)}


def test_an_export_with_another_known_column_repairs(db: Database, tmp_path: Path) -> None:
    poor = write(tmp_path / "a.csv", "user_id,item_id,timestamp", "u,i,2024-01-01")
    rich = write(tmp_path / "b.csv", "user_id,item_id,session_id,timestamp", "u,i,s,2024-01-01", "u,i,s,2024-01-02")
    import_rows(db, [poor], Plan())
    assert counts(import_rows(db, [rich], Plan())) == (1, 1, 0, 0)
    assert contents(db)["session_id"].to_list() == ["s", "s"]


def test_rows_of_the_first_version_keep_their_ids(db: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "item_id,timestamp,user_id", "a,2020-01-01,b")
    old = "e1b29468974fafc6b28626c606b1162d"
    values = {"event_id": old, "event": "view_item", "item_id": "a", "user_id": "b", "timestamp": 1_577_836_800_000_000}
    events.store(db, [tuple(values.get(name) for name in EVENTS)])
    assert counts(import_rows(db, [path], Plan())) == (0, 0, 1, 0)
    assert counts(import_rows(db, [path], Plan(constants={"event": "purchase"}))) == (0, 1, 0, 0)
    assert contents(db).select("event_id", "event").rows() == [(old, "purchase")]


def test_two_rows_of_the_first_version_that_could_be_one_are_left_alone(db: Database, tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", "item_id,timestamp,user_id", "a,2020-01-01,b")
    other = write(tmp_path / "b.csv", "user_id,item_id,timestamp", "b,a,2020-01-01")
    values = {"event": "view_item", "item_id": "a", "user_id": "b", "timestamp": 1_577_836_800_000_000}
    api = {"event_id": "e1b29468974fafc6b28626c606b1162d"} | values
    import_rows(db, [other], Plan())
    events.store(db, [tuple(api.get(name) for name in EVENTS)])
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE events SET import_number = NULL")
    assert counts(import_rows(db, [first], Plan(constants={"event": "purchase"}))) == (0, 0, 0, 1)
    (reject,) = rejects.list_(db, 10)
    assert "2 stored rows could be this one" in reject.reason


def test_two_repairs_at_once_change_every_row_once(db: Database, log: Path) -> None:
    import_rows(db, [log], POOR)
    done: list[Imported] = []
    threads = [
        threading.Thread(target=lambda: done.append(import_rows(db, [log], RICH, lambda *_: None))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    repaired = sum(one.tables["events"].repaired for one in done)
    assert (len(done), repaired, events.count(db)) == (2, 20, 20)
    assert set(contents(db)["event"]) == {"purchase"}


def test_an_erased_person_stays_erased_when_rows_are_repaired(db: Database, log: Path) -> None:
    import_rows(db, [log], POOR)
    people.erase(db, "c1")
    repair = import_rows(db, [log], RICH)
    assert (repair.tables["events"].repaired, repair.tables["events"].erased) == (15, 5)
    assert "c1" not in set(contents(db)["user_id"])


def test_an_import_tells_its_number_and_is_entered(db: Database, log: Path) -> None:
    number = import_rows(db, [log], RICH).number
    assert number is not None
    row = imports.get(db, number)
    assert (row.files, row.counts["events"]["stored"]) == ([str(log)], 20)
    assert "--event" in row.options
    assert row.finished is not None
