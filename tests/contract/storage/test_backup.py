"""Backups, from every database into every other."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from aisle.storage import backup, tables
from aisle.storage.catalogue import items
from aisle.storage.connection import Database, connect
from aisle.storage.log import events, imports, rejects, reviews
from aisle.storage.shelves import days, experiments, placement_rules, rule_drafts
from aisle.storage.shoppers import people, segments, users
from aisle.storage.work import models, trainings
from tests.contract.storage.conftest import Shops
from tests.contract.storage.shelves.test_days import counts as of_day
from tests.contract.storage.shoppers.test_people import ANNA, BOB, fill
from tests.storage import samples

NEXT = {"sqlite": "mysql", "mysql": "postgresql", "postgresql": "sqlite"}


def fill_all(db: Database) -> None:
    """Store something in every table, with values that are hard to carry."""
    segments.add(db, "tea", "{}")
    mug = samples.row("items", item_id="ı", title="a\nb😀", price=2**62, stock=-1, in_stock=False, hidden=True)
    items.upsert(db, [mug])
    events.store(db, [samples.event(7, rating=0.1, properties='{"a": "\\u0000"}', user_id=None, item_id=" i ")])
    models.add(db, recipe={"a": 1}, metrics={})
    models.add(db, recipe={"a": 2}, metrics={})
    trainings.store(db, 2, {"reason": "first"})
    rejects.add(db, [samples.reject("\x00\ud800 \x1b")])
    for person in (ANNA, BOB):
        fill(db, person)
    people.erase(db, "ghost")
    imports.begin(db, ["log.csv"], [])
    placement_rules.publish(db, "home", '{"pins": ["ı"]}', "anna", 0, None, 2**62)
    rule_drafts.save(db, "home", "anna", "{}", 1, 0)
    experiments.add(db, "more tea", '{"unit": "user"}', 2**62)


def contents(db: Database) -> dict[str, list[tuple[object, ...]]]:
    with db.read() as connection:
        rows = {table.name: connection.execute(select(table)).all() for table in backup.CARRIED}
    return {name: sorted((tuple(row) for row in some), key=repr) for name, some in rows.items()}


@pytest.fixture
def other(db: Database, shops: Shops, tmp_path: Path) -> Database:
    """A database of another kind."""
    (tmp_path / "other").mkdir()
    return connect(shops.url(NEXT[db.engine.dialect.name], tmp_path / "other"))


def test_a_backup_fits_another_kind_of_database(db: Database, other: Database) -> None:
    fill_all(db)
    with other:
        counts = backup.load(other, backup.dump(db))
        assert contents(other) == contents(db)
        assert counts == {name: len(rows) - (name == "erased") for name, rows in contents(db).items()}
        assert all(counts.values())


def test_days_are_counted_anew_after_a_restore(db: Database, other: Database) -> None:
    fill_all(db)
    with other:
        for database in (db, other):
            days.replace(database, 0, of_day(0), 1)
        backup.load(other, backup.dump(db))
        assert [days.rows(other, table.name, 0, 1) for table in days.TABLES] == [[], [], [], []]


def test_numbers_go_on_after_the_restored_ones(db: Database, other: Database) -> None:
    fill_all(db)
    with other:
        backup.load(other, backup.dump(db))
        restored = models.list_(other)[-1].version
        assert models.add(other, recipe={}, metrics={}).version > restored
        events.store(other, [samples.event(99, user_id="later")])
        with other.read() as connection:
            last = select(tables.events.c.user_id).order_by(tables.events.c.seq.desc())
            assert connection.execute(last).scalars().first() == "later"


def test_a_restore_replaces_what_is_there_or_nothing(db: Database, other: Database) -> None:
    fill_all(db)
    with other:
        events.store(other, [samples.event(5, user_id="old")])

        def breaking() -> Iterator[backup.Part]:
            yield from backup.dump(db)
            raise OSError("the disk is gone")

        with pytest.raises(OSError, match="gone"):
            backup.load(other, breaking())
        assert [row.item_id for row in events.of_user(other, "old", 9)] == ["i"]
        backup.load(other, backup.dump(db))
        assert events.of_user(other, "old", 9) == []


def test_who_was_erased_since_the_backup_stays_erased(db: Database) -> None:
    fill_all(db)
    parts = list(backup.dump(db))
    people.erase(db, ANNA)
    erased = contents(db)
    backup.load(db, parts)
    assert contents(db) == erased
    assert events.store(db, [samples.event(1, event_id="new", user_id=ANNA)]).erased == 1


def test_tombstones_travel_with_the_backup(db: Database, other: Database) -> None:
    people.erase(db, ANNA)
    with other:
        people.erase(other, BOB)
        backup.load(other, backup.dump(db))
        assert events.store(other, [samples.event(n, user_id=one) for n, one in enumerate((ANNA, BOB))]).erased == 2


def test_a_backup_is_of_one_moment_while_others_write(db: Database) -> None:
    """Whoever writes during the backup adds an event and then a review of it; no review may come without its event."""
    events.store(db, samples.events(0, 50))
    stop, ids = threading.Event(), {"events": "event_id", "reviews": "review_id"}

    def write() -> None:
        number = 100
        while not stop.is_set():
            events.store(db, [samples.event(number)])
            reviews.store(db, [samples.row("reviews", review_id=f"e{number}", item_id="i", rating=1.0)])
            number += 1

    writing = threading.Thread(target=write)
    writing.start()
    try:
        for _ in range(5):
            stored = {name: set(frame[ids[name]]) for name, frame in backup.dump(db) if name in ids}
            assert stored.get("reviews", set()) <= stored["events"]
    finally:
        stop.set()
        writing.join()


def test_long_tables_come_in_parts(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "PART_ROWS", 3)
    events.store(db, samples.events(0, 7))
    assert [part.frame.height for part in backup.dump(db) if part.table == "events"] == [3, 3, 1]


def test_an_empty_shop_is_told_from_a_filled_one(db: Database) -> None:
    assert backup.is_empty(db)
    people.erase(db, "ghost")
    assert backup.is_empty(db)
    users.upsert(db, [("u", None)])
    assert not backup.is_empty(db)
