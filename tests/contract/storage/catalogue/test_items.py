import polars as pl
import pytest

from aisle.shop.columns import ITEM_HISTORY, ITEMS
from aisle.shop.errors import InputError
from aisle.shop.facts import ItemFacts
from aisle.shop.moments import now
from aisle.storage.catalogue import item_changes, items
from aisle.storage.catalogue.items import ItemMoment, ItemRow, Unavailable
from aisle.storage.connection import Database
from aisle.storage.rows import Stored
from tests.storage.samples import row


def test_the_fields_of_an_item_are_the_columns_of_the_table() -> None:
    assert ItemRow._fields == tuple(ITEMS)


def test_an_item_comes_back_as_it_was(db: Database) -> None:
    words = ("i", "mugs", "Mug", "A mug", "Home > Kitchen", "Acme", 5, "GBP", "http://x/i.png", "a|b")
    full = ItemRow(*words, 3, True, 7, False, "{}", "http://x/i", 4)
    assert items.upsert(db, [tuple(full)]) == Stored(1, 0)
    assert items.get(db, ["i", "unknown"]) == {"i": full}
    (frame,) = items.stream(db, list(ITEMS))
    assert frame.rows() == [tuple(full)]


def test_a_frame_of_items_is_taken(db: Database) -> None:
    frame = pl.DataFrame([row("items", item_id="i", title="Mug")], schema=list(ITEMS), orient="row")
    assert items.upsert(db, frame) == Stored(1, 0)


def test_a_later_row_changes_what_it_speaks_of_and_leaves_the_rest(db: Database) -> None:
    items.upsert(db, [row("items", item_id="i", title="Mug", price=5, hidden=True)])
    assert items.upsert(db, [row("items", item_id="i", price=6, hidden=False)]) == Stored(1, 0)
    item = items.get(db, ["i"])["i"]
    assert (item.title, item.price, item.hidden) == ("Mug", 6, False)


def test_a_row_that_changes_nothing_is_a_duplicate(db: Database) -> None:
    mug = row("items", item_id="i", title="Mug", hidden=True)
    assert items.upsert(db, [mug, mug]) == Stored(1, 1)
    assert items.upsert(db, [mug, row("items", item_id="i")]) == Stored(0, 2)


def test_of_two_rows_for_one_item_the_later_wins(db: Database) -> None:
    batch = [row("items", item_id="i", title="Mug", price=5), row("items", item_id="i", title="Cup")]
    assert items.upsert(db, batch) == Stored(2, 0)
    item = items.get(db, ["i"])["i"]
    assert (item.title, item.price) == ("Cup", 5)


def test_item_ids_are_compared_byte_for_byte(db: Database) -> None:
    lookalikes = ["i", "I", "i ", "ı", "x" * 256]
    items.upsert(db, [row("items", item_id=id_, title=id_) for id_ in lookalikes])
    assert {id_: item.title for id_, item in items.get(db, lookalikes).items()} == {id_: id_ for id_ in lookalikes}


def test_many_items_are_found_at_once(db: Database) -> None:
    ids = [f"i{number}" for number in range(1234)]
    items.upsert(db, [row("items", item_id=id_) for id_ in ids])
    assert set(items.get(db, ids)) == set(ids)
    assert items.upsert(db, [row("items", item_id=id_) for id_ in ids]) == Stored(0, 1234)
    assert [len(frame) for frame in items.stream(db, ["item_id"], batch_size=1000)] == [1000, 234]


def test_nothing_to_upsert_is_no_trouble(db: Database) -> None:
    assert items.upsert(db, []) == Stored(0, 0)


def test_an_item_column_that_is_not_there_is_named(db: Database) -> None:
    with pytest.raises(InputError, match="colour"):
        items.stream(db, ["colour"])


def test_the_newest_items_are_those_that_became_available_last(db: Database) -> None:
    days = {"old": 1, "new": 3, "newer": 4, "to-come": 6}
    items.upsert(db, [row("items", item_id=id_, available_from=day) for id_, day in days.items()])
    items.upsert(db, [row("items", item_id="always")])
    assert items.newest(db, 5, 2) == ["newer", "new"]
    assert items.newest(db, 5, 10) == ["newer", "new", "old"]


def mug(**values: object) -> tuple[object, ...]:
    return row("items", item_id="i", **values)


def test_the_fields_of_a_moment_are_the_columns_of_the_table() -> None:
    assert ItemMoment._fields == tuple(ITEM_HISTORY)


def test_new_prices_and_stocks_are_remembered_and_nothing_else(db: Database) -> None:
    before = now()
    items.upsert(db, [mug(title="Mug")])
    items.upsert(db, [mug(price=5, currency="GBP")])
    items.upsert(db, [mug(price=5), mug(title="Cup", price=5)])
    items.upsert(db, [mug(price=6, stock=3), mug(in_stock=False)])
    history = items.history(db, "i")
    assert [moment[2:] for moment in history] == [
        (5, "GBP", None, None),
        (6, "GBP", 3, None),
        (6, "GBP", 3, False),
    ]
    assert before <= history[0].timestamp <= history[-1].timestamp <= now()
    assert items.history(db, "I") == []


def test_the_facts_of_an_item_are_some_of_its_columns(db: Database) -> None:
    mug = row("items", item_id="i", title="Mug", price=5, stock=3, hidden=False, description="A mug")
    items.upsert(db, [mug, row("items", item_id="j")])
    assert items.facts(db, ["i", "unknown"]) == {
        "i": ItemFacts("i", "Mug", None, None, None, 5, None, None, None, 3, None, None, False)
    }
    assert set(items.facts(db)) == {"i", "j"}


def test_items_that_cannot_be_sold_say_why(db: Database) -> None:
    gone: dict[str, dict[str, object]] = {
        "hidden": {"hidden": True},
        "none": {"stock": 0},
        "no": {"in_stock": False},
        "later": {"available_from": 6},
        "all": {"hidden": True, "stock": -1, "available_from": 6},
    }
    here: dict[str, dict[str, object]] = {
        "plain": {},
        "stocked": {"stock": 1, "in_stock": True, "hidden": False},
        "since": {"available_from": 5},
    }
    items.upsert(db, [row("items", item_id=id_, **values) for id_, values in (gone | here).items()])
    assert items.unavailable(db, [*gone, *here, "unknown"], 5) == {
        "hidden": Unavailable(True, False, False),
        "none": Unavailable(False, True, False),
        "no": Unavailable(False, True, False),
        "later": Unavailable(False, False, True),
        "all": Unavailable(True, True, True),
    }
    assert items.unavailable(db, ["plain", "none"], 5).keys() == {"none"}


def test_a_look_at_items_tells_the_version_of_the_catalogue_too(db: Database) -> None:
    assert items.look_over(db, ["a"], 5) == (0, {})
    items.upsert(db, [row("items", item_id="a", stock=0), row("items", item_id="b")])
    version = item_changes.newest(db)
    sold_out = Unavailable(False, True, False)
    assert version > 0
    assert items.look_over(db, ["a", "b"], 5) == (version, {"a": sold_out})
    assert items.look_over(db, [], 5) == (version, {})
    many = [f"i{number}" for number in range(40)]
    assert items.look_over(db, [*many, "a"], 5) == (version, {"a": sold_out})
