"""Shelves that were served, on every database; and the key that signs their ids."""

import threading

from aisle.storage.access.credentials import signing_keys
from aisle.storage.access.signing_key import signing_key
from aisle.storage.connection import Database
from aisle.storage.parts import PART
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import Impression, ServedItem
from aisle.storage.shoppers import merges, people

SHOWN = (ServedItem("tea '1' 茶", 1, 0.5, 1.0), ServedItem("tea-2", 2, None, 1.0))


def served(number: int, user_id: str | None = "u", items: tuple[ServedItem, ...] = SHOWN) -> Impression:
    return Impression(f"r{number}", 10 + number, user_id, "s", "home", "personal", "popular", 3, items)


def test_a_shelf_comes_back_as_it_was_served(db: Database) -> None:
    assert impressions.add(db, [served(1), served(2, None)]) == 2
    assert impressions.get(db, "r1") == served(1)
    assert impressions.get(db, "r2") == served(2, None)
    assert impressions.get(db, "r3") is None


def test_later_pages_join_their_shelf(db: Database) -> None:
    places = [ServedItem(f"tea-{position}", position, None, 1.0) for position in range(1, 7)]
    pages = [served(1, items=tuple(places[start : start + 2])) for start in (4, 0, 2)]
    assert impressions.add(db, pages[:2]) == 1
    assert impressions.add(db, [pages[2], served(2)]) == 2
    assert impressions.add(db, pages[1:]) == 1, "a page that is sent twice"
    assert impressions.get(db, "r1") == served(1, items=tuple(places))
    assert impressions.count(db) == 2


def test_the_longest_shelf_fits(db: Database) -> None:
    longest = tuple(ServedItem('"' * 255 + str(place % 10), place, 0.123456789, 1.0) for place in range(1, 201))
    impressions.add(db, [served(1, items=longest)])
    assert impressions.get(db, "r1") == served(1, items=longest)


def test_shelves_of_erased_people_are_not_stored(db: Database) -> None:
    impressions.add(db, [served(1)])
    assert people.erase(db, "u").rows["impressions"] == 1
    assert impressions.add(db, [served(2), served(3, "v")]) == 1
    assert impressions.count(db) == 1


def test_shelves_of_a_merged_id_are_the_users(db: Database) -> None:
    impressions.add(db, [served(1, "cookie")])
    merges.merge(db, "cookie", "u")
    impressions.add(db, [served(2, "cookie")])
    assert [row["recommendation_id"] for row in people.export(db, "u")["impressions"]] == ["r1", "r2"]


def test_all_processes_sign_with_one_key(db: Database) -> None:
    with db.write() as connection:
        connection.execute(signing_keys.delete())
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(signing_key(db))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 4
    assert set(keys) == {signing_key(db)}
    assert len(keys[0]) == 32


def test_what_a_shopper_was_shown(db: Database) -> None:
    impressions.add(db, [served(number) for number in range(4)] + [served(8, "v"), served(9, None)])
    both = ["tea '1' 茶", "tea-2"]
    assert impressions.shown_to(db, "u", "home", 11, 2) == [(13, both), (12, both)], "the newest first"
    assert impressions.shown_to(db, "u", "home", 13, 9) == [(13, both)]
    assert impressions.shown_to(db, "u", "elsewhere", 0, 9) == []
    assert impressions.shown_to(db, "u", "home", 11, 9, lambda moments: moments != [13, 12, 11]) == []
    assert list(impressions.stream_shown(db, "home", 12)) == [("v", (18, both)), ("u", (13, both)), ("u", (12, both))]


def test_a_merged_id_was_shown_what_the_user_was(db: Database) -> None:
    impressions.add(db, [served(1, "cookie")])
    merges.merge(db, "cookie", "u")
    assert [shelf.timestamp for shelf in impressions.shown_to(db, "cookie", "home", 0, 9)] == [11]


def test_the_shelves_that_a_placement_filled_itself_for_known_users(db: Database) -> None:
    own = [served(number)._replace(fallback=None) for number in range(5)]
    others = [served(5), own[0]._replace(recommendation_id="r6", placement="cart"), own[0]._replace(user_id=None)]
    impressions.add(db, [*own[1:], others[0], others[1], others[2]._replace(recommendation_id="r7")])
    assert impressions.ids(db, "home", 0) == ["r1", "r2", "r3", "r4"]
    assert impressions.ids(db, "home", 13) == ["r3", "r4"]
    assert impressions.ids(db, "elsewhere", 0) == []


def test_shelves_by_their_ids(db: Database) -> None:
    many = [served(number) for number in range(PART + 2)]
    impressions.add(db, [*many, served(9_000, items=())])
    wanted = [shelf.recommendation_id for shelf in many]
    assert sorted(impressions.of_ids(db, [*wanted, "r9000", "unknown"])) == sorted(many)
    assert impressions.of_ids(db, []) == []


def test_the_shelves_of_some_models(db: Database) -> None:
    by = [served(number)._replace(fallback=None, model_version=number) for number in range(4)]
    nobody = by[3]._replace(recommendation_id="nobody", user_id=None)
    nothing_known = nobody._replace(recommendation_id="new", session_id=None)
    impressions.add(db, [*by, nobody, nothing_known, served(5)])
    found = sorted(impressions.of_models(db, "home", [2, 3], 0))
    assert found == [(2, "u", "r2", 2), (3, "new", "new", 2), (3, "s", "nobody", 2), (3, "u", "r3", 2)]
    assert list(impressions.of_models(db, "home", [2, 3], 14)) == []
    assert list(impressions.of_models(db, "elsewhere", [2, 3], 0)) == []


def test_how_often_a_shopper_was_shown_what_explores(db: Database) -> None:
    places = (ServedItem("a", 1, 0.5, 0.9), ServedItem("b", 2, None, 0.05), ServedItem("c", 3, None, 0.49))
    impressions.add(db, [served(number, items=places) for number in range(3)] + [served(7, "v", places), served(8)])
    assert impressions.explored(db, "u", "home", 0, 9) == 6
    assert impressions.explored(db, "u", "home", 12, 9) == 2
    assert impressions.explored(db, "u", "home", 0, 2) == 2, "the newest shelf explores nothing"
    assert impressions.explored(db, "u", "elsewhere", 0, 9) == 0
    merges.merge(db, "cookie", "u")
    assert impressions.explored(db, "cookie", "home", 0, 9) == 6
