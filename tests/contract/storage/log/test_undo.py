"""Imports taken back, on every database: exactly what each one stored, whatever happened meanwhile."""

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, update

from aisle.shop.columns import EVENTS
from aisle.shop.errors import InputError, NotFound
from aisle.shop.moments import DAY
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.log import events, imports, interactions, reviews
from aisle.storage.log.imports import Origin
from aisle.storage.log.undo import Taken, undo
from aisle.storage.shoppers import merges, people, users
from aisle.storage.tables import import_changes
from aisle.storage.tables import imports as imports_table
from tests import databases
from tests.contract.storage.log.test_imports import begun, known_as
from tests.storage import samples
from tests.storage.samples import START, event


def contents(db: Database) -> list[tuple[object, ...]]:
    return sorted(row for frame in events.stream(db, list(EVENTS)) for row in frame.rows())


def imported(db: Database, *rows: tuple[object, ...], **aliases: list[str | None]) -> int:
    number = begun(db)
    events.store(db, known_as(*rows, **aliases) if aliases else rows, Origin(number))
    return number


def test_only_what_an_import_stored_is_removed(db: Database) -> None:
    events.store(db, [event(0)])
    first = imported(db, event(1), event(2))
    second = imported(db, event(2), event(3))
    assert undo(db, first) == {"events": Taken(2, 0, 0)}
    assert contents(db) == [event(0), event(3)]
    assert undo(db, second) == {"events": Taken(1, 0, 0)}
    assert contents(db) == [event(0)]


def test_a_second_undo_says_when_the_first_was(db: Database) -> None:
    number = imported(db, event(1))
    undo(db, number)
    with pytest.raises(InputError, match=rf"import {number} was undone on 20.*nothing of it is left to take back"):
        undo(db, number)
    with pytest.raises(NotFound, match="no import 99"):
        undo(db, 99)


def test_an_import_that_is_too_old_is_kept_and_what_it_changed_is_forgotten(db: Database) -> None:
    events.store(db, [event(1)])
    old = imported(db, event(1, price=5), alias=["e1"])
    new = imported(db, event(1, currency="GBP"), alias=["e1"])
    with db.write() as connection:
        aged = imports_table.c.created - (imports.KEPT_DAYS + 1) * DAY
        connection.execute(update(imports_table).where(imports_table.c.number == old).values(created=aged))
    with pytest.raises(InputError, match=rf"import {old} is older than 90 days.*aisle events delete"):
        undo(db, old)
    begun(db)
    with db.read() as connection:
        assert connection.execute(select(import_changes.c.import_number)).scalars().all() == [new]
    assert undo(db, new) == {"events": Taken(0, 1, 0)}
    assert contents(db) == [event(1, price=5)]


def test_events_of_a_merged_shopper_are_found_and_those_of_an_erased_one_are_gone(db: Database) -> None:
    number = imported(db, event(1, user_id="cookie"), event(2, user_id="gone"), event(3, user_id="stays"))
    merges.merge(db, "cookie", "anna")
    people.erase(db, "gone")
    assert undo(db, number) == {"events": Taken(2, 0, 0)}
    assert contents(db) == []


def test_a_repair_that_is_undone_leaves_the_rows_as_they_were(db: Database) -> None:
    before = [event(1, event="view_item", rating=0.1), event(2, event="view_item")]
    events.store(db, before)
    number = imported(db, event(10, price=5), event(20, user_id="other"), event(30), alias=["e1", "e2", None])
    assert undo(db, number) == {"events": Taken(1, 2, 0)}
    assert contents(db) == before


def test_a_repair_outlives_the_import_that_it_mended(db: Database) -> None:
    wrong = imported(db, event(1, event="view_item"), event(2, event="view_item"))
    right = imported(db, event(10, price=5, timestamp=START + 1), alias=["e1"])
    assert undo(db, wrong) == {"events": Taken(1, 0, 1)}
    assert contents(db) == [event(1, price=5)]
    assert undo(db, right) == {"events": Taken(1, 0, 0)}
    assert contents(db) == []


def test_of_two_repairs_each_takes_back_its_own_fields(db: Database) -> None:
    events.store(db, [event(1, event="view_item")])
    first = imported(db, event(1, price=5, currency="GBP"), alias=["e1"])
    second = imported(db, event(1, price=7), alias=["e1"])
    assert undo(db, first) == {"events": Taken(0, 1, 0)}
    assert contents(db) == [event(1, event="view_item", price=7)]
    assert undo(db, second) == {"events": Taken(0, 1, 0)}
    assert contents(db) == [event(1, event="view_item")]


def test_a_shopper_whom_a_repair_corrected_is_the_merged_one_after_its_undo(db: Database) -> None:
    events.store(db, [event(1, user_id="cookie")])
    number = imported(db, event(1, user_id="bob"), alias=["e1"])
    merges.merge(db, "cookie", "anna")
    undo(db, number)
    assert contents(db) == [event(1, user_id="anna")]


def test_what_was_known_before_a_repair_is_erased_with_the_person(db: Database) -> None:
    events.store(db, [event(1, user_id="anna")])
    number = imported(db, event(1, user_id="bob"), alias=["e1"])
    people.erase(db, "anna")
    undo(db, number)
    assert contents(db) == [event(1, user_id="bob")]


def test_items_users_and_reviews_go_back_too(db: Database) -> None:
    items.upsert(db, [samples.row("items", item_id="old", title="Mug", price=1), samples.row("items", item_id="own")])
    users.upsert(db, [("ann", '{"city": "Rome"}')])
    origin = Origin(begun(db))
    items.upsert(
        db, [samples.row("items", item_id=name, title="Cup", price=2, in_stock=True) for name in ("old", "new")], origin
    )
    items.upsert(db, [samples.row("items", item_id="own", stock=3)])
    users.upsert(db, [("ann", "{}"), ("bob", "{}")], origin)
    reviews.store(db, [samples.row("reviews", review_id="r", item_id="i")], origin)
    taken = undo(db, origin.number or 0)
    assert taken == {"items": Taken(1, 1, 0), "users": Taken(1, 1, 0), "reviews": Taken(1, 0, 0)}
    catalogue = items.get(db, ["old", "new", "own"])
    assert set(catalogue) == {"old", "own"}
    assert (catalogue["old"].title, catalogue["old"].price, catalogue["old"].in_stock) == ("Mug", 1, None)
    assert [moment.price for moment in items.history(db, "old")] == [1, 2, 1]
    (frame,) = users.stream(db, ["user_id", "attributes"])
    assert frame.rows() == [("ann", '{"city": "Rome"}')]


def test_a_price_that_was_set_since_stays(db: Database) -> None:
    items.upsert(db, [samples.row("items", item_id="i", price=1)])
    origin = Origin(begun(db))
    items.upsert(db, [samples.row("items", item_id="i", price=2)], origin)
    items.upsert(db, [samples.row("items", item_id="i", price=3)])
    assert undo(db, origin.number or 0) == {"items": Taken(0, 0, 1)}
    assert items.get(db, ["i"])["i"].price == 3


def test_interactions_that_rest_on_it_are_removed(db: Database) -> None:
    number = imported(db, event(1))
    interactions.replace(db, ["u", "v"], [("u", "i", 1.0, 1, 1, 1), ("v", "i", 1.0, 1, 1, 1)])
    undo(db, number)
    assert interactions.count(db) == 1


def test_a_killed_undo_has_done_nothing_and_is_run_again(kind: str, tmp_path: Path) -> None:
    code = (
        "import sys; from tests import databases; from aisle.storage.log import undo\n"
        "mark = undo.imports.mark_undone\n"
        "def slow(connection, number):\n"
        "    mark(connection, number); print('ready', flush=True); import time; time.sleep(60)\n"
        "undo.imports.mark_undone = slow\n"
        "with databases.open_database(*sys.argv[1:3]) as db: undo.undo(db, 1)"
    )
    with databases.new_shop(kind, tmp_path) as url, databases.open_database(kind, url) as db:
        events.store(db, [event(0, event="view_item")])
        number = imported(db, event(0, price=5), *samples.events(1, 50), alias=["e0", *([None] * 50)])
        before = contents(db)
        with subprocess.Popen([sys.executable, "-c", code, kind, url], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.send_signal(signal.SIGKILL)
        time.sleep(0.1)
        assert contents(db) == before
        assert imports.get(db, number).undone is None
        assert undo(db, number) == {"events": Taken(50, 1, 0)}
        assert contents(db) == [event(0, event="view_item")]


def test_two_repairs_at_once_both_count_and_each_can_be_taken_back(db: Database) -> None:
    events.store(db, [event(1)])
    better = [known_as(event(1, price=5), alias=["e1"]), known_as(event(1, currency="GBP"), alias=["e1"])]
    numbers = [begun(db) for _ in better]
    with ThreadPoolExecutor(len(better)) as pool:
        outcomes = list(pool.map(lambda rows, number: events.store(db, rows, Origin(number)), better, numbers))
    assert [outcome.repaired for outcome in outcomes] == [1, 1]
    assert contents(db) == [event(1, price=5, currency="GBP")]
    for number in numbers:
        assert undo(db, number)["events"].restored == 1
    assert contents(db) == [event(1)]
