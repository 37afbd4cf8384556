"""The columnar copy of the events, on every database: after whatever happens, it holds what the database holds."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection

from aisle.app.data import columnar
from aisle.app.data.columnar import COLUMNS, Copy
from aisle.shop.errors import FileError
from aisle.shop.moments import HOUR, now
from aisle.storage import backup
from aisle.storage.connection import Database
from aisle.storage.log import deletion, event_changes, events
from aisle.storage.log.undo import undo
from aisle.storage.shoppers import merges, people
from aisle.storage.tables import events as events_table
from tests.contract.storage.log.test_undo import imported
from tests.storage.samples import START, event


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_changes, "BLOCK", 4)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "columns")


def held(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return sorted(frame.rows(), key=str)


def copied(copy: Copy, db: Database) -> list[tuple[object, ...]]:
    with copy.current(db) as rows:
        return held(rows.collect())


def stored(db: Database) -> list[tuple[object, ...]]:
    return held(pl.concat([columnar.SCHEMA.to_frame(), *events.stream(db, COLUMNS)]))


def files(copy: Copy) -> set[str]:
    return {path.name for path in copy._folder.iterdir() if path.name != "lock"}


def fill(db: Database, *numbers: int, user_id: str = "anna") -> None:
    events.store(db, [event(number, user_id=user_id) for number in numbers])


def test_it_holds_every_event_and_new_ones_come_to_it(db: Database, copy: Copy) -> None:
    assert copied(copy, db) == []
    for number in range(30):
        fill(db, number)
        assert copied(copy, db) == stored(db)
    assert len(stored(db)) == 30


def test_only_what_is_new_is_read(db: Database, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(db, *range(10))
    copied(copy, db)
    fill(db, 10)
    read, rows = event_changes.read, list[int]()

    def counted(*arguments: object) -> Iterator[pl.DataFrame]:
        for frame in read(*arguments):  # type: ignore[arg-type]  # as they came
            rows.append(frame.height)
            yield frame

    monkeypatch.setattr(event_changes, "read", counted)

    assert copied(copy, db) == stored(db)
    assert rows == [1]


def test_many_small_files_become_one(db: Database, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_changes, "BLOCK", 1000)
    for number in range(2 * columnar.MOST_PIECES):
        fill(db, number)
        copied(copy, db)

    assert len(files(copy)) <= columnar.MOST_PIECES + 1
    assert copied(copy, db) == stored(db)


def test_an_erased_person_is_gone_from_it(db: Database, copy: Copy) -> None:
    fill(db, *range(9))
    fill(db, *range(9, 12), user_id="ben")
    copied(copy, db)
    people.erase(db, "ben")

    copy.forget(db)

    left = [pl.read_parquet(path) for path in copy._folder.glob("*.parquet")]
    assert "ben" not in pl.concat(left)["user_id"].to_list()
    assert copied(copy, db) == stored(db)
    assert len(stored(db)) == 9


def test_a_merge_and_its_undo_reach_it(db: Database, copy: Copy) -> None:
    fill(db, *range(6), user_id="cookie")
    fill(db, *range(6, 9))
    copied(copy, db)

    merges.merge(db, "cookie", "anna")
    assert copied(copy, db) == stored(db)
    assert {row[COLUMNS.index("user_id")] for row in copied(copy, db)} == {"anna"}

    merges.unmerge(db, "cookie", "anna")
    assert copied(copy, db) == stored(db)


def test_undone_imports_and_deleted_events_reach_it(db: Database, copy: Copy) -> None:
    fill(db, *range(5))
    number = imported(db, *(event(number) for number in range(5, 12)))
    copied(copy, db)

    undo(db, number)
    assert copied(copy, db) == stored(db)

    deletion.remove(db, deletion.Which(since=START + 3))
    assert copied(copy, db) == stored(db)
    assert len(stored(db)) == 3


def test_a_repaired_row_reaches_it(db: Database, copy: Copy) -> None:
    imported(db, event(1))
    copied(copy, db)

    imported(db, event(2, timestamp=START + 1, quantity=7), old_1=["e1"])

    assert copied(copy, db) == stored(db)
    assert [row[COLUMNS.index("quantity")] for row in stored(db)] == [7]


def test_events_that_become_visible_late_come_to_it(db: Database, copy: Copy) -> None:
    fill(db, *range(10))
    with db.write() as connection:
        late = connection.execute(events_table.select().where(events_table.c.seq == 2)).one()
        connection.execute(events_table.delete().where(events_table.c.seq == 2))
    copied(copy, db)
    with db.write() as connection:
        connection.execute(events_table.insert(), [late._asdict()])

    assert copied(copy, db) == stored(db)
    assert len(stored(db)) == 10


def test_a_block_is_settled_after_an_hour(db: Database, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(db, *range(10))
    copied(copy, db)
    moment = now()
    monkeypatch.setattr(columnar, "now", lambda: moment + 2 * HOUR)
    copied(copy, db)
    tail, counted = event_changes.tail, list[int]()

    def noted(connection: Connection, number: int) -> event_changes.Tail:
        counted.append(number)
        return tail(connection, number)

    monkeypatch.setattr(event_changes, "tail", noted)

    copied(copy, db)

    assert counted == [2]


def test_events_that_somebody_removes_with_sql_leave_a_settled_block(
    db: Database, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(db, *range(10))
    moment = now()
    for hours in (0, 2, 4):
        monkeypatch.setattr(columnar, "now", partial(int, moment + hours * HOUR))
        copied(copy, db)
    with db.write() as connection:
        connection.execute(events_table.delete().where(events_table.c.seq.in_([1, 2, 6])))

    assert copied(copy, db) == stored(db)
    assert len(stored(db)) == 7


def test_a_restore_is_noticed(db: Database, copy: Copy) -> None:
    fill(db, *range(10))
    parts = list(backup.dump(db))
    fill(db, *range(10, 15))
    copied(copy, db)

    backup.load(db, parts)

    assert copied(copy, db) == stored(db)
    assert len(stored(db)) == 10


def test_an_older_database_in_its_place_is_noticed(db: Database, copy: Copy) -> None:
    fill(db, *range(10))
    copied(copy, db)
    with db.write() as connection:  # as if somebody had put back a file from before the last five
        connection.execute(events_table.delete().where(events_table.c.seq > 5))
        rows = [{"seq": seq, "digest": bytes([seq] * 16), "event_id": f"other-{seq}"} for seq in range(6, 12)]
        other = {"event": "view_item", "timestamp": START}
        connection.execute(events_table.insert(), [row | other for row in rows])

    assert copied(copy, db) == stored(db)


@pytest.mark.parametrize("damage", ["missing", "short", "flipped", "no manifest", "bad manifest", "no folder"])
def test_a_damaged_copy_is_made_again(db: Database, copy: Copy, damage: str) -> None:
    fill(db, *range(10))
    copied(copy, db)
    file = min(copy._folder.glob("*.parquet"))
    content = file.read_bytes()
    if damage == "missing":
        file.unlink()
    elif damage == "short":
        file.write_bytes(content[:-1])
    elif damage == "flipped":
        file.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])
    elif damage == "no folder":
        shutil.rmtree(copy._folder)
    else:
        (copy._folder / "manifest.json").write_text("{}" if damage == "bad manifest" else "")

    assert copied(copy, db) == stored(db)


def test_a_copy_of_other_columns_is_made_again(db: Database, copy: Copy) -> None:
    fill(db, *range(10))
    copied(copy, db)
    manifest = copy._folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"position"', '"place"'))
    for file in copy._folder.glob("*.parquet"):
        pl.read_parquet(file).rename({"position": "place"}).write_parquet(file)

    assert copied(copy, db) == stored(db)


def test_what_a_killed_process_left_is_removed(db: Database, copy: Copy) -> None:
    fill(db, *range(3))
    copied(copy, db)
    for name in ("stray.parquet", ".stray.parquet.partial", ".manifest.json.partial"):
        (copy._folder / name).write_bytes(b"half")

    copied(copy, db)

    assert len(files(copy)) == 2


def test_a_disk_that_refuses_is_named(db: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(FileError, match="cannot write"), Copy(tmp_path / "file" / "columns").current(db):
        pass
