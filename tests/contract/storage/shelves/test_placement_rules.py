"""Published rules and drafts, on every database."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from aisle.shop.errors import Conflict, NotFound
from aisle.storage.connection import Database
from aisle.storage.shelves import placement_rules, rule_drafts


def publish(db: Database, after: int, rules: str = "{}", starts: int | None = None, ends: int | None = None) -> None:
    placement_rules.publish(db, "home", rules, "ann", after, starts, ends)


def versions(db: Database, moment: int) -> list[int]:
    return [row.version for row in placement_rules.counting(db, moment)]


def test_the_newest_version_without_a_schedule_counts_and_all_schedules_to_come(db: Database) -> None:
    assert placement_rules.counting(db, 0) == []
    publish(db, 0, '{"pins": ["a"]}')
    publish(db, 1, starts=100, ends=200)
    publish(db, 2, '{"pins": ["ä\U0001f600"]}')
    publish(db, 3, starts=300)
    placement_rules.publish(db, "Home", "{}", "bob", 0, None, None)
    assert [(row.placement, row.version) for row in placement_rules.counting(db, 150)] == [
        ("Home", 1),
        ("home", 2),
        ("home", 3),
        ("home", 4),
    ]
    assert versions(db, 200) == [1, 3, 4]
    row = placement_rules.counting(db, 150)[2]
    assert (row.rules, row.author, row.undone) == ('{"pins": ["ä\U0001f600"]}', "ann", False)
    assert row == placement_rules.history(db, "home")[1]


def test_a_schedule_holds_from_its_first_moment_up_to_its_end(db: Database) -> None:
    publish(db, 0, starts=100, ends=200)
    (row,) = placement_rules.counting(db, 0)
    assert [row.holds(moment) for moment in (99, 100, 199, 200)] == [False, True, True, False]
    assert row.is_scheduled


def test_undo_goes_back_one_version_at_a_time(db: Database) -> None:
    publish(db, 0)
    publish(db, 1)
    publish(db, 2, starts=1, ends=2)  # over long ago
    assert placement_rules.undo(db, "home", "bob", 3).version == 2
    assert versions(db, 0) == [1, 3]
    assert placement_rules.undo(db, "home", "bob", 4).version == 1
    assert versions(db, 5) == []
    with pytest.raises(NotFound, match="nothing is published for placement 'home'"):
        placement_rules.undo(db, "home", "bob", 5)
    history = placement_rules.history(db, "home")
    assert [(row.version, row.undoes, row.undone, row.author) for row in history] == [
        (5, 1, False, "bob"),
        (4, 2, False, "bob"),
        (3, None, False, "ann"),
        (2, None, True, "ann"),
        (1, None, True, "ann"),
    ]


def test_who_does_not_know_the_newest_version_overwrites_nothing(db: Database) -> None:
    publish(db, 0)
    for after in (0, 2):
        with pytest.raises(Conflict, match="at version 1 meanwhile"):
            publish(db, after)
        with pytest.raises(Conflict, match="at version 1 meanwhile"):
            placement_rules.undo(db, "home", "bob", after)
    assert placement_rules.newest(db, "home") == 1


def test_of_several_who_publish_at_once_one_is_first(db: Database) -> None:
    def try_to(number: int) -> bool:
        try:
            publish(db, 0, f'{{"pins": ["{number}"]}}')
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(try_to, range(4))) == 1
    assert len(placement_rules.history(db, "home")) == 1


def test_a_draft_is_saved_over_the_revision_that_its_author_knows(db: Database) -> None:
    first = rule_drafts.save(db, "home", "ann", "{}", 0, 0)
    second = rule_drafts.save(db, "home", "ann", '{"pins": []}', 0, first.revision)
    for revision in (0, 1, 3):
        with pytest.raises(Conflict, match="changed in another window"):
            rule_drafts.save(db, "home", "ann", '{"pins": ["lost"]}', 0, revision)
    assert rule_drafts.get(db, "home", "ann") == second
    other = rule_drafts.save(db, "home", "bob", "{}", 0, 0)
    assert set(rule_drafts.list_(db)) == {second, other}
    rule_drafts.remove(db, "home", "ann")
    assert rule_drafts.list_(db, "home") == [other]
    assert rule_drafts.get(db, "home", "ann") is None
