"""Segments, on every database: who comes, who leaves, and since when."""

import pytest

from aisle.shop.errors import InputError, NotFound
from aisle.shop.moments import DAY
from aisle.storage.connection import Database
from aisle.storage.migrations.versions.v0022_segments import STARTERS
from aisle.storage.shoppers import merges, people, segments
from tests.storage import samples

MONDAY = samples.START - samples.START % DAY
RULE = '{"rule":"did"}'


def test_a_new_shop_has_segments_to_start_with(fresh_db: Database) -> None:
    assert [(row.name, row.rule) for row in segments.list_(fresh_db)] == list(STARTERS.items())


def test_segments_are_added_and_removed_by_name(db: Database) -> None:
    row = segments.add(db, "Tea ☕", RULE)
    segments.add(db, "tea ☕", RULE)
    with pytest.raises(InputError, match="there is a segment 'Tea ☕' already"):
        segments.add(db, "Tea ☕", RULE)
    assert (row.rule, row.updated, row.size) == (RULE, None, None)
    segments.set_members(db, row.number, ["anna"], MONDAY)
    segments.remove(db, "Tea ☕")
    assert [one.name for one in segments.list_(db)] == ["tea ☕"]
    assert segments.members(db, row.number) == []
    with pytest.raises(NotFound, match="there are: tea ☕"):
        segments.remove(db, "Tea ☕")
    with pytest.raises(NotFound, match="deleted meanwhile"):
        segments.set_members(db, row.number, ["anna"], MONDAY)


def test_members_come_and_leave(db: Database) -> None:
    number = segments.add(db, "tea", RULE).number
    many = [f"user-{place}" for place in range(1_200)]
    assert segments.set_members(db, number, ["anna", "ben", *many], MONDAY) == (1_202, 1_202, 0)
    assert segments.set_members(db, number, ["ben", "cleo"], MONDAY + DAY) == (2, 1, 1_201)
    assert segments.members(db, number) == [("ben", MONDAY), ("cleo", MONDAY + DAY)]
    assert segments.set_members(db, number, ["ben", "cleo", "anna"], MONDAY + 3 * DAY) == (3, 1, 0)
    assert segments.sizes(db, number) == [(MONDAY, 1_202), (MONDAY + DAY, 2), (MONDAY + 3 * DAY, 3)]
    row = segments.get(db, "tea")
    assert (row.updated, row.size) == (MONDAY + 3 * DAY, 3)


def test_who_leaves_in_the_moment_of_joining_was_never_there(db: Database) -> None:
    number = segments.add(db, "tea", RULE).number
    for ids in (["anna"], ["ben"], ["anna"]):
        segments.set_members(db, number, ids, MONDAY)
    assert segments.members(db, number) == [("anna", MONDAY)]
    assert segments.sizes(db, number) == [(MONDAY, 1)]


def test_membership_of_a_day(db: Database) -> None:
    tea, tools = (segments.add(db, name, RULE).number for name in ("tea", "tools"))
    segments.set_members(db, tea, ["anna", "ben"], MONDAY)
    segments.set_members(db, tools, ["ben"], MONDAY)
    segments.set_members(db, tea, ["anna", "cleo"], MONDAY + 2 * DAY)

    def at(moment: int) -> list[tuple[str, int]]:
        return sorted(segments.of_users(db, ["anna", "ben", "cleo", "dan"], moment, segments.first_found(db)))

    assert at(MONDAY + DAY) == [("anna", tea), ("ben", tea), ("ben", tools)]
    assert at(MONDAY + 2 * DAY) == [("anna", tea), ("ben", tools), ("cleo", tea)]
    assert segments.first_found(db) == {tea: MONDAY, tools: MONDAY}
    assert segments.of_users(db, ["ben"], MONDAY, {tools: MONDAY}) == [("ben", tools)]
    # Of days before it was first known who belongs, those of then.
    assert at(MONDAY - 100 * DAY) == [("anna", tea), ("ben", tea), ("ben", tools)]


def test_erased_and_merged_people_belong_to_nothing(db: Database) -> None:
    number = segments.add(db, "tea", RULE).number
    segments.set_members(db, number, ["anna", "ben", "visitor"], MONDAY)
    people.erase(db, "anna")
    merges.merge(db, "visitor", "ben")
    assert segments.members(db, number) == [("ben", MONDAY)]
    assert segments.set_members(db, number, ["anna", "ben"], MONDAY + DAY) == (1, 0, 0)
    merges.unmerge(db, "visitor", "ben")
    assert segments.members(db, number) == []


def test_old_memberships_are_forgotten(db: Database) -> None:
    number = segments.add(db, "tea", RULE).number
    segments.set_members(db, number, ["anna"], MONDAY)
    segments.set_members(db, number, [], MONDAY + DAY)
    segments.set_members(db, number, [], MONDAY + (segments.KEEP_DAYS + 2) * DAY)
    assert segments.sizes(db, number) == []
