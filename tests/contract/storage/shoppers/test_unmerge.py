"""The undo of a merge, on every database: what came in under an id goes back to it, and nothing else."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import insert, select

from aisle.shop.columns import RECOMMENDATIONS
from aisle.shop.errors import InputError, NotFound
from aisle.storage import backup
from aisle.storage.connection import Database
from aisle.storage.log import events, interactions, reviews
from aisle.storage.log.undo import undo
from aisle.storage.log.writer import EventWriter
from aisle.storage.rows import Stored
from aisle.storage.shelves import impressions, paged_shelves
from aisle.storage.shelves.impressions import Impression
from aisle.storage.shoppers import erased, identities, merges, people, users
from aisle.storage.tables import events as events_table
from aisle.storage.tables import merged, recommendations
from tests.contract.storage.log.test_undo import imported
from tests.contract.storage.shoppers.test_merge import attributes, numbers, review, users_of
from tests.contract.storage.shoppers.test_people import holding
from tests.storage import samples


def store(db: Database, number: int, user_id: str) -> None:
    events.store(db, [samples.event(number, user_id=user_id)])


def owners(db: Database) -> dict[int, str]:
    """Return whose each event is, by its number."""
    with db.read() as connection:
        rows = connection.execute(select(events_table.c.timestamp, events_table.c.user_id))
        return {row.timestamp - samples.START: row.user_id for row in rows}


def test_what_a_merge_moved_and_what_followed_it_goes_back(db: Database) -> None:
    store(db, 1, "cookie")
    store(db, 2, "bob")
    reviews.store(db, [review(1, "cookie"), review(2, "bob")])
    merges.merge(db, "cookie", "bob")
    store(db, 3, "cookie")
    with EventWriter(db) as writer:
        writer.write([samples.event(4, user_id="cookie"), samples.event(5, user_id="bob")])
    receipt = merges.unmerge(db, "cookie", "bob")
    assert (receipt.user_id, receipt.ids) == ("cookie", ("cookie",))
    assert (receipt.rows["events"], receipt.rows["reviews"]) == (3, 1)
    assert owners(db) == {1: "cookie", 2: "bob", 3: "cookie", 4: "cookie", 5: "bob"}
    assert users_of(db, "reviews") == ["bob", "cookie"]
    store(db, 6, "cookie")
    assert (numbers(db, "cookie"), numbers(db, "bob")) == ([1, 3, 4, 6], [2, 5])
    assert holding(db, "cookie") == {"events", "reviews"}


def test_shelves_go_back_and_what_was_computed_of_both_goes(db: Database) -> None:
    def serve(number: int, user_id: str) -> None:
        shelf = Impression(f"r{number}", samples.START, user_id, None, "home", "personal", None, 1, ())
        impressions.add(db, [shelf])

    serve(1, "cookie")
    store(db, 1, "cookie")
    merges.merge(db, "cookie", "bob")
    serve(2, "cookie")
    serve(3, "bob")
    computed = dict(zip(RECOMMENDATIONS, ("bob", "home", 1, "i1", 0.5, 1, samples.START), strict=True))
    with db.write() as connection:
        connection.execute(insert(recommendations), [computed])
    paged_shelves.add(db, "page", "bob", None, "{}")
    with db.read() as connection:
        bought = connection.execute(select(events_table.c.item_id)).scalar_one()
    pairs = [("bob", item_id, 1.0, 1, 1, 1) for item_id in (bought, "other")]
    interactions.replace(db, ["bob"], pairs)
    rows = merges.unmerge(db, "cookie", "bob").rows
    assert (rows["impressions"], rows["recommendations"], rows["paged_shelves"]) == (2, 1, 1)
    served = [impressions.get(db, f"r{number}") for number in (1, 2, 3)]
    assert [shelf and shelf.user_id for shelf in served] == ["cookie", "cookie", "bob"]
    assert [row["item_id"] for row in people.export(db, "bob")["interactions"]] == ["other"]


def test_attributes_are_each_ones_own_again(db: Database) -> None:
    users.upsert(db, [("cookie", "Rome"), ("phone", "Bern"), ("bob", "Oslo")])
    merges.merge(db, "cookie", "bob")
    merges.merge(db, "phone", "ann")
    users.upsert(db, [("cookie", "Bari")])
    assert attributes(db) == [("ann", "Bern"), ("bob", "Oslo")]
    merges.unmerge(db, "cookie", "bob")
    merges.unmerge(db, "phone", "ann")
    assert attributes(db) == [("bob", "Oslo"), ("cookie", "Bari"), ("phone", "Bern")]


CHAIN = {1: "a", 2: "b", 3: "c", 11: "a", 12: "b", 13: "c"}


def chain(db: Database) -> None:
    """Merge a into b and b into c, with events before and after."""
    for number, user_id in CHAIN.items():
        if number == 11:
            merges.merge(db, "a", "b")
            merges.merge(db, "b", "c")
        store(db, number, user_id)


def test_the_inner_link_of_a_chain_is_undone(db: Database) -> None:
    chain(db)
    merges.unmerge(db, "a", "b")
    assert owners(db) == {1: "a", 2: "c", 3: "c", 11: "a", 12: "c", 13: "c"}
    merges.unmerge(db, "b", "c")
    assert owners(db) == CHAIN


def test_the_outer_link_of_a_chain_is_undone(db: Database) -> None:
    chain(db)
    assert merges.unmerge(db, "b", "c").ids == ("b", "a")
    assert owners(db) == {1: "b", 2: "b", 3: "c", 11: "b", 12: "b", 13: "c"}
    store(db, 21, "a")
    merges.unmerge(db, "a", "b")
    assert owners(db) == CHAIN | {21: "a"}


def test_a_circle_is_the_last_merge_and_its_undo_parts_the_two(db: Database) -> None:
    store(db, 1, "a")
    store(db, 2, "b")
    merges.merge(db, "a", "b")
    store(db, 3, "a")
    merges.merge(db, "b", "a")
    store(db, 4, "b")
    assert set(owners(db).values()) == {"a"}
    with pytest.raises(NotFound, match="'a' is not merged into 'b'"):
        merges.unmerge(db, "a", "b")
    merges.unmerge(db, "b", "a")
    assert owners(db) == {1: "a", 2: "b", 3: "a", 4: "b"}


@pytest.mark.parametrize("pairs", ["ab bc ca", "ab bc cd ca", "ab bc ba", "ab cb bc ca"])
def test_no_merges_make_a_circle_and_undone_all_are_as_before(db: Database, pairs: str) -> None:
    for number, user_id in enumerate("abcd"):
        store(db, number, user_id)
    for pair in pairs.split():
        merges.merge(db, pair[0], pair[1])
    with db.read() as connection:
        made = {id_: found.into_id for id_ in "abcd" if (found := identities.merge_of(connection, id_))}
        roots = {identities.known_user_of(connection, user_id) for user_id in "abc"}
    assert len(roots) == 1
    assert not roots & made.keys()
    for anonymous_id, user_id in made.items():
        merges.unmerge(db, anonymous_id, user_id)
    assert owners(db) == dict(enumerate("abcd"))


def test_of_two_who_signed_in_each_keeps_what_came_in_their_time(db: Database) -> None:
    merges.merge(db, "cookie", "ann")
    store(db, 1, "cookie")
    merges.merge(db, "cookie", "bob")
    store(db, 2, "cookie")
    with pytest.raises(NotFound, match="'cookie' is merged into 'bob' now, not into 'ann'"):
        merges.unmerge(db, "cookie", "ann")
    merges.unmerge(db, "cookie", "bob")
    assert owners(db) == {1: "ann", 2: "cookie"}
    merges.merge(db, "cookie", "ann")
    merges.unmerge(db, "cookie", "ann")
    assert owners(db) == {1: "cookie", 2: "cookie"}


def test_a_repeated_merge_is_undone_once(db: Database) -> None:
    store(db, 1, "cookie")
    for _ in range(2):
        merges.merge(db, "cookie", "bob")
    merges.unmerge(db, "cookie", "bob")
    with pytest.raises(NotFound, match="'cookie' is not merged into 'bob', or no longer"):
        merges.unmerge(db, "cookie", "bob")
    with pytest.raises(NotFound, match="'ghost' is not merged"):
        merges.unmerge(db, "ghost", "bob")
    assert owners(db) == {1: "cookie"}


def test_a_merge_of_an_older_aisle_cannot_be_undone(db: Database) -> None:
    """Its rows do not say under which id they came; one that follows it is undone all the same."""
    with db.write() as connection:
        old = {"anonymous_id": "a", "user_id": "b", "into_id": None, "traced": False, "created": 1}
        connection.execute(insert(merged), [old])
    store(db, 1, "b")
    merges.merge(db, "b", "c")
    with pytest.raises(InputError, match="'a' was merged by an older Aisle, which did not note what moved"):
        merges.unmerge(db, "a", "b")
    assert merges.unmerge(db, "b", "c").ids == ("b", "a")
    store(db, 2, "a")
    assert owners(db) == {1: "b", 2: "b"}


@pytest.mark.parametrize(("erased_id", "named"), [("bob", "bob"), ("cookie", "cookie")])
def test_after_an_erasure_nothing_comes_back(db: Database, erased_id: str, named: str) -> None:
    store(db, 1, "cookie")
    store(db, 2, "bob")
    merges.merge(db, "cookie", "bob")
    people.erase(db, erased_id)
    with pytest.raises(InputError, match=f"'{named}' was erased; a merge with an erased person cannot be undone"):
        merges.unmerge(db, "cookie", "bob")
    assert events.store(db, [samples.event(3, user_id="cookie")]) == Stored(0, 0, 1)
    assert owners(db) == ({2: "bob"} if erased_id == "cookie" else {})


def test_an_id_is_erased_with_what_came_under_it_from_a_person_who_stays(db: Database) -> None:
    chain(db)
    receipt = people.erase(db, "b")
    assert (receipt.ids, receipt.rows["events"]) == (("b", "a"), 4)
    assert owners(db) == {3: "c", 13: "c"}
    with db.read() as connection:
        assert connection.execute(select(merged)).all() == []
        assert erased.among(connection, {"a", "b", "c"}) == {"a", "b"}


def test_no_backup_brings_back_what_came_under_an_erased_id(db: Database) -> None:
    chain(db)
    parts = list(backup.dump(db))
    people.erase(db, "b")
    backup.load(db, parts)
    assert owners(db) == {3: "c", 13: "c"}
    with db.read() as connection:
        assert connection.execute(select(merged)).all() == []


def test_a_repair_takes_a_row_out_of_a_merge_and_its_undo_puts_it_back(db: Database) -> None:
    store(db, 1, "cookie")
    merges.merge(db, "cookie", "bob")
    number = imported(db, samples.event(9, user_id="ann", timestamp=samples.START + 1), alias=["e1"])
    assert owners(db) == {1: "ann"}
    merges.merge(db, "bob", "ann")
    merges.unmerge(db, "bob", "ann")
    assert owners(db) == {1: "ann"}
    undo(db, number)
    assert owners(db) == {1: "bob"}
    merges.unmerge(db, "cookie", "bob")
    assert owners(db) == {1: "cookie"}


def test_what_an_import_changed_is_taken_back_under_its_own_id(db: Database) -> None:
    store(db, 1, "cookie")
    number = imported(db, samples.event(9, user_id="ann", timestamp=samples.START + 1), alias=["e1"])
    merges.merge(db, "cookie", "bob")
    merges.unmerge(db, "cookie", "bob")
    undo(db, number)
    assert owners(db) == {1: "cookie"}


def test_an_undo_that_fails_changes_nothing(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    chain(db)
    with monkeypatch.context() as patched:
        patched.setattr(identities, "part", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            merges.unmerge(db, "a", "b")
    assert set(owners(db).values()) == {"c"}
    assert merges.unmerge(db, "a", "b").rows["events"] == 2


DIES = """
import os, signal, sys
from aisle.storage.shoppers import identities
from aisle.storage.shoppers import merges
from aisle.storage.connection import connect

identities.part = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with connect(sys.argv[1]) as db:
    merges.unmerge(db, "b", "c")
"""


def test_an_undo_that_is_killed_changes_nothing_and_can_be_repeated(db: Database, url: str) -> None:
    chain(db)
    died = subprocess.run([sys.executable, "-c", DIES, url], check=False)
    assert died.returncode == -signal.SIGKILL
    assert set(owners(db).values()) == {"c"}
    merges.unmerge(db, "b", "c")
    assert set(owners(db).values()) == {"b", "c"}


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Make calls at the same time, and return what each gave or raised."""
    results: list[object] = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def call(place: int) -> None:
        barrier.wait()
        try:
            results[place] = calls[place]()
        except (InputError, NotFound) as error:
            results[place] = error

    threads = [threading.Thread(target=call, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_undos_at_once_one_does_it(db: Database) -> None:
    chain(db)
    results = at_once(*[lambda: merges.unmerge(db, "b", "c")] * 2)
    assert sorted(type(result).__name__ for result in results) == ["NotFound", "Receipt"]
    assert owners(db) == {1: "b", 2: "b", 3: "c", 11: "b", 12: "b", 13: "c"}


def test_events_that_come_while_a_merge_is_undone_are_the_anonymous_ones(db: Database) -> None:
    merges.merge(db, "cookie", "bob")
    stores = [lambda number=number: store(db, number, "cookie") for number in range(4)]
    at_once(*stores, lambda: merges.unmerge(db, "cookie", "bob"))
    assert owners(db) == dict.fromkeys(range(4), "cookie")
