"""The pairs that models learn from, as a table: each shopper's old ones make way for the new ones."""

from sqlalchemy import select

from aisle.storage.connection import Database
from aisle.storage.log import interactions
from aisle.storage.shoppers import erased, merges
from aisle.storage.tables import interactions as table


def rows(db: Database) -> list[tuple[object, ...]]:
    with db.read() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(table.c.user_id, table.c.item_id))]


def test_new_pairs_take_the_place_of_the_shoppers_old_ones(db: Database) -> None:
    interactions.replace(
        db, ["a", "b"], [("a", "i", 1.5, 10, 2, 100), ("a", "j", 1.0, 11, 1, 100), ("b", "i", 2.0, 12, 1, 100)]
    )
    assert interactions.replace(db, ["a"], [("a", "k", 0.25, 20, 3, 200)]) == 1
    assert rows(db) == [("a", "k", 0.25, 20, 3, 200), ("b", "i", 2.0, 12, 1, 100)]
    assert interactions.count(db) == 2


def test_who_has_none_any_more_has_none(db: Database) -> None:
    interactions.replace(db, ["a"], [("a", "i", 1.5, 10, 2, 100)])
    assert interactions.replace(db, ["a"], []) == 0
    assert rows(db) == []


def test_shoppers_who_are_gone_are_forgotten(db: Database) -> None:
    interactions.replace(db, ["a", "b"], [("a", "i", 1.5, 10, 2, 100), ("b", "i", 2.0, 12, 1, 100)])
    interactions.replace(db, ["a"], [("a", "i", 1.5, 10, 2, 200)])
    assert interactions.forget_older(db, 200) == 1
    assert rows(db) == [("a", "i", 1.5, 10, 2, 200)]


def test_erased_people_get_none(db: Database) -> None:
    with db.write() as connection:
        erased.bury(connection, ["gone"], 0)
    assert interactions.replace(db, ["a", "gone"], [("a", "i", 1.0, 1, 1, 1), ("gone", "i", 1.0, 1, 1, 1)]) == 1
    assert rows(db) == [("a", "i", 1.0, 1, 1, 1)]


def test_an_anonymous_visitors_pairs_go_with_the_merge(db: Database) -> None:
    interactions.replace(db, ["anonymous"], [("anonymous", "i", 1.0, 1, 1, 1)])
    assert merges.merge(db, "anonymous", "a").rows["interactions"] == 1
    assert rows(db) == []


def test_more_shoppers_than_a_query_names_are_replaced(db: Database) -> None:
    users = [f"u{number:04}" for number in range(1_200)]
    for moment in (1, 2):
        interactions.replace(db, users, [(user, "i", 1.0, 1, 1, moment) for user in users])
    assert interactions.count(db) == 1_200
    assert {row[-1] for row in rows(db)} == {2}
