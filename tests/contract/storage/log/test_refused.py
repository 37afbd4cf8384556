"""Rows that pass all checks and that the database refuses: kept, with the reason, while the others are stored."""

import json
from pathlib import Path

import polars as pl
import pytest

from aisle.app.data.importing import STORES, import_rows, import_trusted
from aisle.app.data.replay import export, replay
from aisle.ingest.plan import Plan
from aisle.shop.columns import EVENTS
from aisle.shop.errors import Refused
from aisle.shop.schemas import schema_of
from aisle.storage.connection import Database
from aisle.storage.log import events, rejects
from aisle.storage.log.imports import Origin
from aisle.storage.log.refused import SOURCE, around_refused
from aisle.storage.log.writer import EventWriter
from aisle.storage.rows import Rows, Stored, as_tuples
from aisle.storage.shoppers import erased, people
from tests.storage.samples import event

BAD = {"timestamp": None, "price": 12_500_000, "properties": '{"of": "ann"}'}
"""No database takes an event without a moment, and no check lets one pass."""


def frame(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema_of(EVENTS), orient="row")


def test_the_writer_keeps_what_is_refused(db: Database) -> None:
    with EventWriter(db) as writer:
        outcomes = writer.write([event(1), event(2, **BAD), event(3)])
    assert [outcome.status for outcome in outcomes] == ["stored", "rejected", "stored"]
    assert "aisle rejects list" in (outcomes[1].reason or "")
    (kept,) = rejects.list_(db, 10)
    assert (kept.source, kept.table) == (SOURCE, "events")
    assert "timestamp" in kept.reason
    told_row = {"event_id": "e2", "event": "purchase", "user_id": "u", "item_id": "i", "price": 12.5}
    assert json.loads(kept.raw) == told_row | {"properties": '{"of": "ann"}'}


def test_an_import_keeps_what_is_refused_and_its_counts_add_up(db: Database) -> None:
    rows = frame(*(event(number, **(BAD if number in (3, 70) else {})) for number in range(100)), event(0))
    count = import_trusted(db, [("events", rows)]).tables["events"]
    assert (count.read, count.stored, count.duplicate, count.rejected) == (101, 98, 1, 2)
    assert (events.count(db), rejects.count(db)) == (98, 2)


def test_what_was_refused_is_kept_once_however_often_it_is_sent(db: Database) -> None:
    for _ in range(3):
        import_trusted(db, [("events", frame(event(1, **BAD)))])
    assert rejects.count(db) == 1


def test_what_was_refused_is_stored_once_it_is_mended(db: Database, tmp_path: Path) -> None:
    import_trusted(db, [("events", frame(event(1, **BAD), event(2)))])
    out = tmp_path / "rejects.jsonl"
    export(db, out)
    mended = json.loads(out.read_text())
    mended["row"]["timestamp"] = "2024-05-01T12:00:00Z"
    out.write_text(json.dumps(mended))
    assert replay(db, Plan(), corrected=out).stored == 1
    assert rejects.count(db) == 0
    (row,) = pl.concat(events.stream(db, tuple(EVENTS))).filter(pl.col("event_id") == "e1").rows(named=True)
    assert (row["price"], row["properties"]) == (12_500_000, '{"of": "ann"}')


def test_what_was_refused_goes_with_the_person_it_names(db: Database) -> None:
    import_trusted(db, [("events", frame(event(1, user_id="bob", **BAD), event(2, user_id="eve", **BAD)))])
    assert people.erase(db, "bob").rows["rejects"] == 1
    assert people.erase(db, "ann").rows["rejects"] == 1
    assert rejects.count(db) == 0


def test_a_refused_row_of_an_erased_person_is_not_kept(db: Database) -> None:
    with db.write() as connection:
        erased.bury(connection, ["gone"], 0)
    import_trusted(db, [("events", frame(event(1, user_id="gone", **BAD)))])
    assert rejects.count(db) == 0


@pytest.mark.parametrize("bad", [(), (0,), (4,), (1, 2), (0, 1, 2, 3, 4)])
def test_parts_come_in_order_and_only_those_at_fault_stand_alone(bad: tuple[int, ...]) -> None:
    def store(rows):  # type: ignore[no-untyped-def]
        if any(row[0] in bad for row in rows):
            raise Refused("no")
        return len(rows)

    rows = [(number,) for number in range(5)]
    parts = list(around_refused(store, rows))
    assert [row for part, _ in parts for row in part] == rows
    assert [part[0][0] for part, result in parts if isinstance(result, Refused)] == list(bad)


def test_a_row_that_is_refused_on_replay_stops_nobody_else(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "a.csv"
    log.write_text("user_id,item_id,timestamp\n" + "".join(f"u{day},i,{day:02d}.04.2024\n" for day in range(1, 10)))
    import_rows(db, [log], Plan(table="events", date_format="iso"))

    def store(db: Database, rows: Rows, origin: Origin) -> Stored:
        moment, user = list(EVENTS).index("timestamp"), list(EVENTS).index("user_id")
        without = [
            (*row[:moment], None, *row[moment + 1 :]) if row[user] in ("u3", "u7") else row
            for row in as_tuples("events", rows)
        ]
        return events.store(db, without, origin)

    monkeypatch.setitem(STORES, "events", store)
    replayed = replay(db, Plan(date_format="%d.%m.%Y"))
    assert (replayed.read, replayed.left, replayed.stays, replayed.stored) == (9, 7, 2, 7)
    assert events.count(db) == 7
    assert all("; at first: " in kept.reason for kept in rejects.list_(db, 10))
    monkeypatch.undo()
    assert replay(db, Plan(date_format="%d.%m.%Y")).stored == 2
    assert (events.count(db), rejects.count(db)) == (9, 0)
