"""Imports with numbers: what each one stored and repaired, on every database."""

import polars as pl
import pytest

from aisle.shop.columns import EVENTS
from aisle.shop.errors import InputError, NotFound
from aisle.shop.schemas import schema_of
from aisle.storage.connection import Database
from aisle.storage.log import events, imports
from aisle.storage.log.imports import Origin
from aisle.storage.rows import Stored
from aisle.storage.shoppers import merges, people
from tests.storage.samples import event


def begun(db: Database) -> int:
    return imports.begin(db, ["orders.csv"], ["--event", "purchase"])


def known_as(*rows: tuple[object, ...], **aliases: list[str | None]) -> pl.DataFrame:
    """Return events with other ids under which they may be stored."""
    frame = pl.DataFrame(rows, schema_of(EVENTS), orient="row")
    return frame.with_columns(pl.Series(name, ids, pl.String) for name, ids in aliases.items())


def stored(db: Database) -> list[tuple[object, ...]]:
    return sorted(row for frame in events.stream(db, ["event_id", "event", "user_id", "price"]) for row in frame.rows())


def test_imports_are_numbered_and_listed_newest_first(db: Database) -> None:
    first, second = begun(db), begun(db)
    imports.finish(db, first, {"events": {"stored": 3}})
    newest, oldest = imports.list_(db)
    assert (newest.number, newest.finished) == (second, None)
    assert (oldest.number, oldest.files, oldest.options) == (first, ["orders.csv"], ["--event", "purchase"])
    assert oldest.finished is not None
    assert oldest.counts == {"events": {"stored": 3}}
    assert imports.get(db, first) == oldest
    with pytest.raises(NotFound, match="no import 99; aisle imports list"):
        imports.get(db, 99)


def test_ways_to_read_files_are_remembered_once_each(db: Database) -> None:
    for readings in (["a"], ["b", "a"]):
        imports.note_readings(db, begun(db), readings)
    assert imports.readings(db) == ["a", "b"]


def test_it_is_known_whether_events_may_be_older_than_numbers(db: Database) -> None:
    assert not imports.starts_without(db)
    events.store(db, [event(1)], Origin(begun(db)))
    events.store(db, [event(2)])
    assert not imports.starts_without(db)
    people.erase(db, "u")
    events.store(db, [event(3, user_id="v")])
    assert imports.starts_without(db)


def test_a_row_known_by_another_id_is_repaired_under_its_old_one(db: Database) -> None:
    events.store(db, [event(1, event="view_item")])
    better = known_as(event(2, price=5, timestamp=event(1)[9]), alias=["e1"])
    assert events.store(db, better, Origin(begun(db))) == Stored(0, 0, 0, 1)
    assert stored(db) == [("e1", "purchase", "u", 5)]
    assert events.store(db, better, Origin(begun(db))) == Stored(0, 1)


def test_an_empty_field_keeps_what_is_stored(db: Database) -> None:
    events.store(db, [event(1, price=5)])
    assert events.store(db, known_as(event(1), alias=["e1"])) == Stored(0, 1)
    assert stored(db) == [("e1", "purchase", "u", 5)]


def test_a_kind_that_nothing_says_replaces_none(db: Database) -> None:
    events.store(db, [event(1)])
    views = known_as(event(1, event="view_item", price=7), alias=["e1"])
    assert events.store(db, views, Origin(None, says_kind=False)).repaired == 1
    assert stored(db) == [("e1", "purchase", "u", 7)]


def test_a_row_told_by_its_fields_needs_no_look_at_them(db: Database) -> None:
    """Its id is a hash of them; the stored row may have been repaired since, and stays as it is."""
    events.store(db, [event(1, price=5)])
    assert events.store(db, known_as(event(1, price=4), alias=["e9"])) == Stored(0, 1)
    assert stored(db) == [("e1", "purchase", "u", 5)]


def test_a_row_that_could_be_one_of_two_repairs_neither(db: Database) -> None:
    events.store(db, [event(1), event(2)])
    both = known_as(event(3, price=5), one=["e1"], two=["e2"])
    outcome = events.store(db, both)
    assert (outcome.stored, outcome.duplicate, outcome.repaired) == (0, 0, 0)
    (unclear,) = outcome.unclear
    assert unclear.row[0] == "e3"
    assert "2 stored rows could be this one, e1 and e2" in unclear.reason
    assert [row[3] for row in stored(db)] == [None, None]


def test_a_row_that_could_be_one_of_two_and_changes_neither_is_a_duplicate(db: Database) -> None:
    same = event(1)[1:]
    events.store(db, [("e1", *same), ("e2", *same)])
    assert events.store(db, known_as(("e3", *same), one=["e1"], two=["e2"])) == Stored(0, 1)


def test_new_known_erased_and_repaired_rows_of_one_batch_are_counted_apart(db: Database) -> None:
    people.erase(db, "gone")
    events.store(db, [event(1), event(2)])
    rows = [event(1), event(20, price=5), event(3), event(4, user_id="gone")]
    outcome = events.store(db, known_as(*rows, alias=["e7", "e2", "e8", "e9"]), Origin(begun(db)))
    assert outcome == Stored(1, 1, 1, 1)


def test_a_repaired_row_of_a_merged_shopper_stays_the_known_ones(db: Database) -> None:
    events.store(db, [event(1, user_id="cookie")])
    merges.merge(db, "cookie", "anna")
    assert events.store(db, known_as(event(2, user_id="cookie", price=5), alias=["e1"])).repaired == 1
    assert stored(db) == [("e1", "purchase", "anna", 5)]


def test_an_import_that_was_undone_stores_nothing_more(db: Database) -> None:
    number = begun(db)
    with db.write() as connection:
        imports.mark_undone(connection, number)
    with pytest.raises(InputError, match=f"import {number} was undone while it was at work"):
        events.store(db, [event(1)], Origin(number))
    assert stored(db) == []
