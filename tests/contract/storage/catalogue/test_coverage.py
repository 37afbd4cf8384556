"""How much of the catalogue has what shelves need, on every database."""

from aisle.storage.catalogue import items
from aisle.storage.catalogue.coverage import coverage
from aisle.storage.connection import Database
from tests.storage import samples


def test_items_with_each_field_are_counted(db: Database) -> None:
    assert coverage(db) == (0, {"title": 0, "price": 0, "category": 0, "image_url": 0, "brand": 0, "stock": 0})
    whole = {"title": "Mug", "price": 1, "category": "Kitchen", "image_url": "/m.jpg", "brand": "Acme", "stock": 0}
    bare = dict.fromkeys(whole)
    items.upsert(db, [samples.row("items", item_id="mug", **whole), samples.row("items", item_id="jug", **bare)])
    items.upsert(db, [samples.row("items", item_id="cup", **(bare | {"title": "Cup"}))])
    found = coverage(db)
    assert found.items == 3
    assert found.having == {"title": 2, "price": 1, "category": 1, "image_url": 1, "brand": 1, "stock": 1}
