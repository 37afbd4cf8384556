"""Segment: track calls of the e-commerce specification as JSON lines.

Calls of other types, and track calls that are not in Segment's specification for shops, are skipped.
"""

from collections.abc import Iterator
from typing import Final

from aisle.ingest.formats.format import Format, Sheet
from aisle.ingest.formats.nested import Cells, events_and_items, fields, objects
from aisle.shop import columns as c
from aisle.shop.events import ALIASES, normal_name


def _rows(call: Cells) -> Iterator[Cells]:
    kind = ALIASES.get(normal_name(call.get("event") or ""))
    if call.get("type") != "track" or kind is None:
        return
    properties = fields(call.get("properties"))
    event: Cells = {
        c.EVENT: kind.value,
        c.TIMESTAMP: call.get("timestamp"),
        c.USER_ID: call.get("userId") or call.get("anonymousId"),
        c.SESSION_ID: properties.get("session_id"),
        c.CURRENCY: properties.get("currency"),
        c.TRANSACTION_ID: properties.get("order_id"),
        c.RATING: properties.get("rating"),
    }
    message = call.get("messageId")
    for place, product in enumerate(objects(properties.get("products")) or [properties]):
        # A call with several products becomes several events, which need ids of their own.
        event_id = f"{message}:{place}" if message and place else message
        yield event | {c.EVENT_ID: event_id} | _product(product)


def _product(product: Cells) -> Cells:
    return {
        c.ITEM_ID: product.get("product_id") or product.get("sku"),
        c.TITLE: product.get("name"),
        c.BRAND: product.get("brand"),
        c.CATEGORY: product.get("category"),
        c.IMAGE_URL: product.get("image_url"),
        c.PRICE: product.get("price"),
        c.QUANTITY: product.get("quantity"),
        c.POSITION: product.get("position"),
    }


SEGMENT: Final = Format(
    name="segment",
    about="Segment track calls as JSON lines: Product Viewed, Product Added, Order Completed, Order Refunded …",
    tables=("events", "items"),
    sheets=(Sheet(header=frozenset({"type", "event", "properties", "timestamp"}), map=events_and_items(_rows)),),
)
