"""A shop small enough to know its shoppers: the even ones buy tea, the odd ones tools."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from aisle.app.data.setup import make_shop
from aisle.app.settings import FILE, Settings
from aisle.shop import columns, moments
from aisle.storage.catalogue import items
from aisle.storage.connection import connect
from aisle.storage.log import events

HOSTILE_ID: Final = "a/b?c=<b>\"'&😀"
HOSTILE_NAME: Final = "<script>alert(1)</script> \"Mug\" & 'Cup' 😀"
TEAS: Final = [f"tea-{number}" for number in range(10)]
TOOLS: Final = [f"tool-{number}" for number in range(9)] + [HOSTILE_ID]


KNOWN: Final = "[placements.recommended-for-you]\nseen_share = 1.0\nrepeat_share = 1.0\n"
"""The main shelf shows what shoppers know: they know most of so small a shop."""


def make_small_shop(folder: Path, shoppers: int = 40, url: str | None = None) -> Path:
    """Make the shop in a folder, with its database there or at a URL, without a model."""
    make_shop(folder, "Leaf & Hammer", url)
    with (folder / FILE).open("a") as file:
        file.write(KNOWN)
    with connect(Settings.read(folder).database_url) as db:
        items.upsert(db, [_row(columns.ITEMS, **item) for item in _items()])
        events.store(db, [_row(columns.EVENTS, **event) for event in _events(shoppers)])
    return folder


def _items() -> Iterator[dict[str, object]]:
    for item_id in TEAS + TOOLS:
        yield {
            columns.ITEM_ID: item_id,
            columns.TITLE: HOSTILE_NAME if item_id == HOSTILE_ID else f"The {item_id}",
            columns.CATEGORY: "Tea" if item_id in TEAS else "Tools",
            columns.PRICE: None if item_id == HOSTILE_ID else 12_500_000,
            columns.CURRENCY: "GBP",
            columns.IMAGE_URL: "javascript:alert(1)" if item_id == HOSTILE_ID else None,
        }


def _events(shoppers: int) -> Iterator[dict[str, object]]:
    rng = np.random.default_rng(1)
    end = moments.now()
    for number in range(shoppers):
        for item_id in rng.permutation(TOOLS if number % 2 else TEAS)[:6]:
            yield {
                columns.EVENT_ID: f"{number}-{item_id}",
                columns.EVENT: "purchase",
                columns.USER_ID: f"user-{number}",
                columns.ITEM_ID: str(item_id),
                columns.QUANTITY: 1,
                columns.PRICE: 12_500_000,
                columns.CURRENCY: "GBP",
                columns.TIMESTAMP: end - int(rng.integers(1, 100 * moments.DAY)),
            }


def _row(schema: dict[str, str], **values: object) -> tuple[object, ...]:
    return tuple(values.get(name) for name in schema)
