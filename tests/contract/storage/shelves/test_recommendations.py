from aisle.storage.connection import Database
from aisle.storage.shelves import recommendations
from aisle.storage.shoppers import people


def row(user_id: str, rank: int, item_id: str, created: int = 1) -> tuple[object, ...]:
    return (user_id, "home", rank, item_id, None if rank > 1 else 0.5, 1, created)


def test_a_new_shelf_takes_the_place_of_the_old_one(db: Database) -> None:
    recommendations.replace(db, "home", ["u", "v"], [row("u", 1, "a"), row("u", 2, "b"), row("v", 1, "a")])
    assert recommendations.replace(db, "home", ["u"], [row("u", 1, "c")]) == 1
    assert recommendations.of_user(db, "u", "home") == [row("u", 1, "c")]
    assert recommendations.of_user(db, "v", "home") == [row("v", 1, "a")]


def test_a_shelf_is_read_best_first_and_what_fills_it_up_has_no_score(db: Database) -> None:
    recommendations.replace(db, "home", ["u"], [row("u", 2, "b"), row("u", 1, "a")])
    assert [(row[3], row[4]) for row in recommendations.of_user(db, "u", "home")] == [("a", 0.5), ("b", None)]


def test_whoever_has_no_rows_has_no_shelf_and_other_placements_stay(db: Database) -> None:
    recommendations.replace(db, "home", ["u"], [row("u", 1, "a")])
    recommendations.replace(db, "cart", ["u"], [])
    assert recommendations.of_user(db, "u", "home")
    recommendations.replace(db, "home", ["u"], [])
    assert not recommendations.of_user(db, "u", "home")


def test_shelves_of_an_earlier_time_are_forgotten(db: Database) -> None:
    recommendations.replace(db, "home", ["u", "v"], [row("u", 1, "a", created=1), row("v", 1, "a", created=2)])
    assert recommendations.forget_older(db, "home", 2) == 1
    assert not recommendations.of_user(db, "u", "home")
    assert recommendations.of_user(db, "v", "home")


def test_erased_people_get_no_shelf(db: Database) -> None:
    people.erase(db, "u")
    assert recommendations.replace(db, "home", ["u", "v"], [row("u", 1, "a"), row("v", 1, "a")]) == 1
    assert not recommendations.of_user(db, "u", "home")
