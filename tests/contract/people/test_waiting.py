"""Rejects that wait to be replayed, on every database."""

from aisle.storage import rejects
from aisle.storage.connection import Database
from tests.contract.people.test_people import Reject


def test_the_rejects_of_a_file_come_in_their_order_and_apart_from_lookalikes(db: Database) -> None:
    rejects.add(db, [Reject(f"{line}", source, line) for line in (3, 1, 2) for source in ("a.csv", "A.csv", "a.csv ")])
    assert rejects.sources(db) == ["A.csv", "a.csv", "a.csv "]
    assert [(one.line, one.raw, one.source) for one in rejects.waiting(db, "a.csv")] == [
        (line, str(line), "a.csv") for line in (1, 2, 3)
    ]


def test_settled_rejects_leave_and_the_others_get_the_new_reason(db: Database) -> None:
    rejects.add(db, [Reject(f"{line}", line=line) for line in range(1200)])
    waiting = rejects.waiting(db, "events.csv")
    rejects.settle(db, [one.seq for one in waiting[:1100]], {one.seq: f"still\0 {one.raw}" for one in waiting[1100:]})
    left = rejects.waiting(db, "events.csv")
    assert [(one.raw, one.reason) for one in left] == [(str(line), f"still\\x00 {line}") for line in range(1100, 1200)]
    rejects.settle(db, [], {})
    assert rejects.count(db) == 100
