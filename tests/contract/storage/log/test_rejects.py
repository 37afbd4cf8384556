import pytest

from aisle.shop.events import MAX_TEXT_BYTES
from aisle.storage.connection import Database
from aisle.storage.log import rejects
from aisle.storage.rows import Stored
from tests.storage import samples


def test_a_reject_comes_back_as_it_was(db: Database) -> None:
    assert rejects.add(db, [samples.reject()]) == Stored(1, 0)
    (row,) = rejects.list_(db, 10)
    assert row[:-1] == ("events.csv", 7, "events", "rating 'x' is not a number", "u,i,x")
    assert row.created > 1_700_000_000_000_000


def test_the_newest_come_first_and_the_list_is_cut(db: Database) -> None:
    rejects.add(db, [samples.reject(line=line) for line in range(5)])
    assert [row.line for row in rejects.list_(db, 2)] == [4, 3]
    assert rejects.count(db) == 5


def test_the_same_broken_file_twice_adds_nothing(db: Database) -> None:
    broken = [
        samples.reject(line=1),
        samples.reject(line=2),
        samples.reject(source="other.csv", line=1),
        samples.reject(line=1, raw="other"),
    ]
    assert rejects.add(db, broken) == Stored(4, 0)
    assert rejects.add(db, iter(broken)) == Stored(0, 4)


def test_no_rejects_are_no_trouble(db: Database) -> None:
    assert rejects.add(db, []) == Stored(0, 0)


def test_a_request_has_no_line(db: Database) -> None:
    rejects.add(db, [samples.reject(source="api", line=None)])
    assert rejects.list_(db, 1)[0].line is None


@pytest.mark.parametrize("raw", ["nul \0 inside", "half \ud83d character", "\x1b[31m", "€" * MAX_TEXT_BYTES])
def test_whatever_came_is_kept_in_a_readable_form(db: Database, raw: str) -> None:
    odd = samples.reject(source="s\0\udc80.csv", raw=raw, reason=f"bad {raw[:20]}")
    assert rejects.add(db, [odd]) == Stored(1, 0)
    assert rejects.add(db, [odd]) == Stored(0, 1)
    (row,) = rejects.list_(db, 1)
    assert row.source == "s\\x00\\udc80.csv"
    assert row.raw.startswith(raw[:5])
    assert len(row.raw.encode()) <= MAX_TEXT_BYTES + 2


def test_the_rejects_of_a_file_come_in_their_order_and_apart_from_lookalikes(db: Database) -> None:
    rejects.add(
        db, [samples.reject(f"{line}", source, line) for line in (3, 1, 2) for source in ("a.csv", "A.csv", "a.csv ")]
    )
    assert rejects.sources(db) == ["A.csv", "a.csv", "a.csv "]
    assert [(row.line, row.raw, row.source) for row in rejects.waiting(db, "a.csv")] == [
        (line, str(line), "a.csv") for line in (1, 2, 3)
    ]


def test_settled_rejects_leave_and_the_others_get_the_new_reason(db: Database) -> None:
    rejects.add(db, [samples.reject(line=line, raw=f"{line}") for line in range(1200)])
    waiting = rejects.waiting(db, "events.csv")
    rejects.settle(db, [row.seq for row in waiting[:1100]], {row.seq: f"still\0 {row.raw}" for row in waiting[1100:]})
    left = rejects.waiting(db, "events.csv")
    assert [(row.raw, row.reason) for row in left] == [(str(line), f"still\\x00 {line}") for line in range(1100, 1200)]
    rejects.settle(db, [], {})
    assert rejects.count(db) == 100
