"""Ids of one person, on every database: what is stored under them, before they are merged and after."""

import threading

import pytest
from sqlalchemy import Connection, insert

from aisle.shop.columns import EVENTS
from aisle.shop.errors import InputError, NotFound
from aisle.storage.connection import Database
from aisle.storage.log import events, reviews
from aisle.storage.log.writer import EventWriter
from aisle.storage.rows import Stored
from aisle.storage.shoppers import erased, identities, merges, people, users
from aisle.storage.tables import metadata
from tests.contract.storage.shoppers.test_people import holding
from tests.storage import samples

COMPUTED = (
    "import_changes", "recommendations", "interactions", "paged_shelves", "mail_shelves", "segment_members",
    "mart_users", "mart_user_segments", "mart_recommendations",
)  # fmt: skip
"""The tables of which an id that nobody used has nothing to move or remove."""


def numbers(db: Database, user_id: str) -> list[int]:
    """Return the numbers of a user's events, oldest first."""
    return [row.timestamp - samples.START for row in reversed(events.of_user(db, user_id, 99))]


def users_of(db: Database, stream: str) -> list[str]:
    frames = (events if stream == "events" else reviews).stream(db, ["user_id"])
    return sorted(user for frame in frames for user in frame["user_id"])


def review(number: int, user_id: str) -> tuple[object, ...]:
    return samples.row("reviews", review_id=f"r{number}", user_id=user_id, item_id="i")


def test_what_an_anonymous_visitor_did_becomes_the_users(db: Database) -> None:
    events.store(db, [samples.event(1, user_id="cookie"), samples.event(2, user_id="bob")])
    reviews.store(db, [review(1, "cookie")])
    receipt = merges.merge(db, "cookie", "bob")
    moved = {"events": 1, "reviews": 1, "impressions": 0}
    assert receipt.rows == moved | dict.fromkeys(COMPUTED, 0)
    assert receipt.ids == ("bob", "cookie")
    assert numbers(db, "bob") == [1, 2]
    assert merges.merge(db, "cookie", "bob").rows["events"] == 0


def test_what_comes_later_under_the_anonymous_id_is_the_users_too(db: Database) -> None:
    merges.merge(db, "cookie", "bob")
    assert events.store(db, [samples.event(1, user_id="cookie"), samples.event(2, user_id="bob")]) == Stored(2, 0)
    with EventWriter(db) as writer:
        outcomes = writer.write([samples.event(3, user_id="cookie"), samples.event(1, user_id="cookie")])
    reviews.store(db, [review(1, "cookie")])
    assert [outcome.status for outcome in outcomes] == ["stored", "duplicate"]
    assert users_of(db, "events") == ["bob"] * 3
    assert users_of(db, "reviews") == ["bob"]
    assert numbers(db, "bob") == [1, 2, 3]


def test_whoever_asks_by_the_anonymous_id_gets_the_users_history(db: Database) -> None:
    merges.merge(db, "cookie", "bob")
    events.store(db, [samples.event(1, user_id="cookie"), samples.event(2, user_id="bob")])
    assert events.of_user(db, "cookie", 9) == events.of_user(db, "bob", 9)
    assert events.of_user(db, "cookie ", 9) == []


def test_one_merged_id_among_many_is_found(db: Database) -> None:
    merges.merge(db, "u777", "bob")
    many = [samples.event(number, user_id=f"u{number}") for number in range(1500)]
    assert events.store(db, many) == Stored(1500, 0)
    assert numbers(db, "bob") == [777]
    assert "u777" not in users_of(db, "events")


@pytest.mark.parametrize("pairs", [[("a", "b"), ("b", "c")], [("b", "c"), ("a", "b")]])
def test_ids_that_were_merged_in_a_chain_all_lead_to_its_end(db: Database, pairs: list[tuple[str, str]]) -> None:
    events.store(db, [samples.event(number, user_id=user) for number, user in enumerate("abc")])
    for anonymous_id, user_id in pairs:
        receipt = merges.merge(db, anonymous_id, user_id)
    assert receipt.user_id == receipt.ids[0] == "c"
    events.store(db, [samples.event(10 + number, user_id=user) for number, user in enumerate("abc")])
    assert users_of(db, "events") == ["c"] * 6
    assert people.erase(db, "c").ids == ("c", "a", "b")
    assert events.count(db) == 0
    assert events.store(db, [samples.event(20 + n, user_id=user) for n, user in enumerate("abc")]) == Stored(0, 0, 3)


def test_two_ids_may_change_places(db: Database) -> None:
    merges.merge(db, "x", "y")
    events.store(db, [samples.event(1, user_id="x")])
    merges.merge(db, "y", "x")
    events.store(db, [samples.event(2, user_id="y"), samples.event(3, user_id="x")])
    assert users_of(db, "events") == ["x"] * 3
    assert people.erase(db, "x").ids == ("x", "y")


def test_the_last_who_signed_in_gets_what_comes_later(db: Database) -> None:
    merges.merge(db, "cookie", "ann")
    events.store(db, [samples.event(1, user_id="cookie")])
    merges.merge(db, "cookie", "bob")
    events.store(db, [samples.event(2, user_id="cookie")])
    assert (numbers(db, "ann"), numbers(db, "bob")) == ([1], [2])


@pytest.mark.parametrize("erased_id", ["bob", "cookie"])
def test_erasure_wins_over_a_merge(db: Database, erased_id: str) -> None:
    merges.merge(db, "cookie", "bob")
    people.erase(db, erased_id)
    late = samples.event(1, user_id="cookie")
    assert events.store(db, [late]) == Stored(0, 0, 1)
    assert reviews.store(db, [review(1, "cookie")]) == Stored(0, 0, 1)
    assert users.upsert(db, [("cookie", "{}")]) == Stored(0, 0, 1)
    with EventWriter(db) as writer:
        assert writer.write([late])[0].status == "rejected"
    assert events.count(db) == 0


def test_late_events_are_given_out_and_erased_with_the_person(db: Database) -> None:
    merges.merge(db, "cookie", "bob")
    events.store(db, [samples.event(1, user_id="cookie")])
    reviews.store(db, [review(1, "cookie")])
    held = people.export(db, "bob")
    assert [len(held[table]) for table in ("events", "reviews", "merged")] == [1, 1, 1]
    assert people.erase(db, "bob").rows["events"] == 1
    assert holding(db, "bob") == holding(db, "cookie") == set()


def test_an_export_by_a_merged_id_names_the_other_one(db: Database) -> None:
    merges.merge(db, "cookie", "bob")
    with pytest.raises(NotFound, match="'cookie' was merged into 'bob'; name that id"):
        people.export(db, "cookie")


def attributes(db: Database) -> list[tuple[str, str]]:
    return sorted(row for frame in users.stream(db, ["user_id", "attributes"]) for row in frame.rows())


def test_a_users_own_attributes_outlast_the_anonymous_ones(db: Database) -> None:
    users.upsert(db, [("cookie", '{"city": "Rome"}'), ("bob", '{"city": "Oslo"}')])
    merges.merge(db, "cookie", "bob")
    assert users.upsert(db, [("cookie", '{"city": "Bari"}')]) == Stored(1, 0)
    assert attributes(db) == [("bob", '{"city": "Oslo"}')]
    assert [row["user_id"] for row in people.export(db, "bob")["users"]] == ["bob", "cookie"]


def test_late_attributes_become_those_of_a_user_without_any(db: Database) -> None:
    merges.merge(db, "cookie", "bob")
    merges.merge(db, "phone", "ann")
    rows = [("bob", '{"city": "Oslo"}'), ("cookie", '{"city": "Rome"}'), ("phone", '{"city": "Bern"}')]
    users.upsert(db, rows)
    assert attributes(db) == [("ann", '{"city": "Bern"}'), ("bob", '{"city": "Oslo"}')]


def test_of_several_ids_with_attributes_the_one_that_was_merged_first_counts(db: Database) -> None:
    for anonymous_id, city in [("z", "Rome"), ("a", "Oslo")]:
        users.upsert(db, [(anonymous_id, city)])
        merges.merge(db, anonymous_id, "bob")
    assert attributes(db) == [("bob", "Rome")]


def test_the_erased_cannot_be_merged_nor_anybody_with_themselves(db: Database) -> None:
    people.erase(db, "bob")
    with pytest.raises(InputError, match="'bob' was erased"):
        merges.merge(db, "cookie", "bob")
    with pytest.raises(InputError, match="'bob' was erased"):
        merges.merge(db, "bob", "cookie")
    with pytest.raises(InputError, match="into itself"):
        merges.merge(db, "a", "a")


def test_no_event_slips_in_while_two_ids_are_merged(db: Database) -> None:
    """Whoever began to store before the merge is done before its rows move; whoever begins later sees the merge."""
    asked, go_on = threading.Event(), threading.Event()

    def store_slowly() -> None:
        with db.write() as connection:
            assert not erased.among(connection, {"cookie"})
            asked.set()
            go_on.wait(60)
            row = {"digest": b"0" * 16} | dict(zip(EVENTS, samples.event(1), strict=True))
            connection.execute(insert(metadata.tables["events"]), [row | {"user_id": "cookie"}])

    storing = threading.Thread(target=store_slowly)
    storing.start()
    asked.wait(60)
    merging = threading.Thread(target=merges.merge, args=(db, "cookie", "bob"))
    merging.start()
    merging.join(0.2)
    waited = merging.is_alive()
    go_on.set()
    storing.join(60)
    merging.join(60)
    assert waited
    assert numbers(db, "bob") == [1]


def test_a_merge_that_was_cut_off_is_completed_by_the_next(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    events.store(db, [samples.event(1, user_id="cookie")])
    with monkeypatch.context() as patched:
        patched.setattr(merges, "_move_rows", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            merges.merge(db, "cookie", "bob")
    assert len(people.export(db, "bob")["events"]) == 1
    merges.merge(db, "cookie", "bob")
    assert numbers(db, "bob") == [1]


def test_rows_go_to_whose_the_id_is_when_they_move(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another merge, or an undo, may come between a merge and the moving of its rows."""
    events.store(db, [samples.event(1, user_id="cookie"), samples.event(2, user_id="phone")])
    move, late = merges._move_rows, list[str]()

    def move_later(_: Connection, old: str) -> dict[str, int]:
        late.append(old)
        return {}

    with monkeypatch.context() as patched:
        patched.setattr(merges, "_move_rows", move_later)
        merges.merge(db, "cookie", "bob")
        merges.merge(db, "bob", "carl")
        merges.merge(db, "phone", "bob")
        merges.unmerge(db, "phone", "bob")
    for old in late:
        with db.write() as connection:
            move(connection, old)
    assert users_of(db, "events") == ["carl", "phone"]


def test_merges_are_looked_up_only_where_there_are_any(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(identities, "known_users", lambda *_: 1 / 0)
        assert events.store(db, [samples.event(1)]) == Stored(1, 0)
    merges.merge(db, "cookie", "bob")
    assert events.store(db, [samples.event(2, user_id="cookie")]) == Stored(1, 0)
    assert numbers(db, "bob") == [2]
