"""A person's data, on every database: given out whole, erased everywhere, kept away, and put together."""

import json
import threading

import pytest
from sqlalchemy import Table, insert, select

from aisle.shop.columns import RECOMMENDATIONS
from aisle.shop.errors import NotFound
from aisle.storage.connection import Database
from aisle.storage.digest import digest
from aisle.storage.log import events, interactions, rejects, reviews
from aisle.storage.log.imports import Origin
from aisle.storage.marts.tables import WITH_PEOPLE
from aisle.storage.rows import Stored
from aisle.storage.shelves import impressions, mail_shelves, paged_shelves
from aisle.storage.shelves.impressions import Impression
from aisle.storage.shoppers import erased, merges, people, users
from aisle.storage.tables import metadata, recommendations, segment_members
from tests.storage import samples

ANNA = 'Änna "O\'Hara" 😀 %_'
BOB = "bob"
HOLDING = (*people.BY_USER, *people.BY_TEXT)
END_OF_TIME = 2**62
LOOKALIKES = [ANNA.lower(), ANNA + " ", "bob ", "BOB"]


def fill(db: Database, person: str) -> None:
    """Store something of a person in every table that can hold one."""
    orders = {"transaction_id": f"order of {person}"}
    events.store(
        db, [samples.event(number, event_id=f"{person} {number}", user_id=person, **orders) for number in (1, 2)]
    )
    users.upsert(db, [(person, '{"city": "Rome"}')])
    reviews.store(db, [samples.row("reviews", review_id=f"r {person}", user_id=person, item_id="i", text="Good")])
    reviews.store(db, [samples.row("reviews", review_id=f"o {person}", item_id="i", rating=1.0, **orders)])
    rejects.add(db, [samples.reject(json.dumps({"who": person, "rating": "x"}, ensure_ascii=person == BOB))])
    places = (person, "home", 1, "i", 0.5, 1, samples.START)
    with db.write() as connection:
        connection.execute(insert(recommendations), [dict(zip(RECOMMENDATIONS, places, strict=True))])
    paged_shelves.add(db, f"shelf of {person}", person, None, "{}")
    mail_shelves.keep(db, f"mail to {person}", person, END_OF_TIME, sent=False, shelf="{}", after=0)
    served = Impression(f"r {person}", samples.START, person, None, "home", "personal", None, 1, ())
    assert impressions.add(db, [served]) == 1
    interactions.replace(db, [person], [(person, "i", 1.5, samples.START, 2, samples.START)])
    with db.write() as connection:
        member = {"segment": 1, "user_id": person, "since": samples.START}
        connection.execute(insert(segment_members), [member])
        for mart in WITH_PEOPLE:
            connection.execute(insert(mart), [{"user_id": person}])
    users.upsert(db, [(person, '{"city": "Oslo"}')], Origin(1))
    merges.merge(db, f"anonymous {person}", person)


def holding(db: Database, text: str) -> set[str]:
    """Return the tables of which some value holds a text, as it is or as JSON spells it."""
    spelt = (text, json.dumps(text, ensure_ascii=False)[1:-1])
    with db.read() as connection:
        tables = {table.name: connection.execute(select(table)).all() for table in metadata.sorted_tables}
    values = {name: [_text(value) for row in rows for value in row] for name, rows in tables.items()}
    return {name for name, some in values.items() if any(one in value for value in some for one in spelt)}


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def test_the_person_of_these_tests_is_in_every_table_that_can_hold_one(db: Database) -> None:
    fill(db, ANNA)
    assert holding(db, ANNA) == {table.name for table in HOLDING}


def test_an_erased_person_is_in_no_table_and_the_others_are_in_all(db: Database) -> None:
    for person in (ANNA, BOB):
        fill(db, person)
    receipt = people.erase(db, ANNA)
    assert receipt.rows == {table.name: 2 if table.name in ("events", "reviews") else 1 for table in HOLDING}
    assert receipt.ids == (ANNA, f"anonymous {ANNA}")
    assert holding(db, ANNA) == set()
    assert holding(db, BOB) == {table.name for table in HOLDING}
    with pytest.raises(NotFound, match="nothing is held"):
        people.export(db, ANNA)


def test_people_with_lookalike_ids_are_left_alone(db: Database) -> None:
    users.upsert(db, [(one, None) for one in (ANNA, BOB, *LOOKALIKES)])
    people.erase(db, ANNA)
    people.erase(db, BOB)
    (frame,) = users.stream(db, ["user_id"])
    assert sorted(frame["user_id"]) == sorted(LOOKALIKES)


def test_a_person_unknown_is_erased_too_and_stays_away(db: Database) -> None:
    receipt = people.erase(db, "ghost")
    assert set(receipt.rows.values()) == {0}
    assert events.store(db, [samples.event(1, user_id="ghost")]) == Stored(0, 0, 1)


def test_rows_of_an_erased_person_are_refused_and_counted_by_every_store(db: Database) -> None:
    fill(db, ANNA)
    people.erase(db, ANNA)
    people.erase(db, ANNA)
    for person in (ANNA, f"anonymous {ANNA}"):
        batch = [samples.event(1, user_id=person), samples.event(2, user_id="other"), samples.event(3, user_id=None)]
        events.store(db, batch[1:])
        assert events.store(db, batch) == Stored(0, 2, 1)
        assert users.upsert(db, [(person, "{}")]) == Stored(0, 0, 1)
        review = samples.row("reviews", review_id="new", user_id=person, item_id="i")
        assert reviews.store(db, [review]) == Stored(0, 0, 1)
        assert rejects.add(db, [samples.reject(f"1;{person};x")]) == Stored(0, 0, 1)
    assert holding(db, ANNA) == set()


def test_many_people_at_once_are_compared_with_all_tombstones(db: Database) -> None:
    people.erase(db, "u777")
    many = [samples.event(number, user_id=f"u{number}") for number in range(1500)]
    assert events.store(db, many) == Stored(1499, 0, 1)


def test_processes_see_that_somebody_was_erased(db: Database) -> None:
    before = erased.times_added(db)
    people.erase(db, "ghost")
    assert erased.times_added(db) == before + 1
    assert erased.all_digests(db) == {digest("ghost")}
    people.erase(db, "ghost")
    assert erased.times_added(db) == before + 1


def test_nobody_slips_in_while_somebody_is_erased(db: Database) -> None:
    """Whoever asked before the erasure has stored before it; whoever asks after it is refused."""
    fill(db, BOB)
    asked, go_on = threading.Event(), threading.Event()

    def store_slowly() -> None:
        with db.write() as connection:
            assert not erased.among(connection, {BOB})
            asked.set()
            go_on.wait(60)
            connection.execute(insert(metadata.tables["users"]), [{"user_id": "slow", "attributes": None}])

    storing = threading.Thread(target=store_slowly)
    storing.start()
    asked.wait(60)
    erasing = threading.Thread(target=people.erase, args=(db, BOB))
    erasing.start()
    erasing.join(0.2)
    waited = erasing.is_alive()
    go_on.set()
    storing.join(60)
    erasing.join(60)
    assert waited
    assert holding(db, BOB) == set()
    assert holding(db, "slow") == {"users"}


def test_an_export_gives_everything_of_a_person_and_nothing_of_others(db: Database) -> None:
    for person in (ANNA, BOB):
        fill(db, person)
    held = people.export(db, ANNA)
    expected = {table.name: 2 if table.name in ("events", "reviews") else 1 for table in HOLDING}
    assert {name: len(rows) for name, rows in held.items()} == expected
    assert {row["user_id"] for row in held["events"]} == {ANNA}
    assert held["users"] == [{"user_id": ANNA, "attributes": '{"city": "Oslo"}'}]
    assert held["rejects"][0]["raw"].startswith('{"who": ')
    assert "digest" not in held["events"][0]


def test_every_table_holds_people_or_is_said_to_hold_none() -> None:
    covered = [*people.BY_USER, *people.BY_TEXT, *people.WITHOUT_PEOPLE]
    assert sorted(table.name for table in covered) == sorted(metadata.tables)


@pytest.mark.parametrize("table", people.WITHOUT_PEOPLE, ids=lambda table: table.name)
def test_no_table_that_is_said_to_hold_nobody_has_a_column_for_people(table: Table) -> None:
    assert not {"user_id", "session_id", "anonymous_id", "transaction_id", "raw"} & set(table.columns.keys())
