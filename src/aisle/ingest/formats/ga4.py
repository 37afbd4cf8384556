"""Google Analytics 4: the BigQuery export as JSON lines, an event with its items on each line.

Only the shop's events are imported (`view_item`, `purchase` and so on, one for each item); page views, scrolls and
other events of a site are skipped.
"""

from collections.abc import Iterator
from typing import Final

from aisle.ingest.formats.format import Format, Sheet
from aisle.ingest.formats.nested import Cells, events_and_items, fields, objects
from aisle.shop import columns as c
from aisle.shop.events import EventKind

_KINDS: Final = {kind.value: kind.value for kind in EventKind} | {"view_search_results": EventKind.SEARCH.value}
_CATEGORIES: Final = ("item_category", "item_category2", "item_category3", "item_category4", "item_category5")


def _rows(line: Cells) -> Iterator[Cells]:
    kind = _KINDS.get(line.get("event_name") or "")
    if kind is None:
        return
    parameters = {pair.get("key"): _value(pair.get("value")) for pair in objects(line.get("event_params"))}
    visitor, visit = line.get("user_pseudo_id"), parameters.get("ga_session_id")
    event: Cells = {
        c.EVENT: kind,
        c.TIMESTAMP: line.get("event_timestamp"),
        c.USER_ID: line.get("user_id") or visitor,
        c.SESSION_ID: f"{visitor}.{visit}" if visitor and visit else None,
        c.CURRENCY: parameters.get("currency"),
        c.TRANSACTION_ID: _set(fields(line.get("ecommerce")).get("transaction_id")) or parameters.get("transaction_id"),
    }
    items = objects(line.get("items"))
    yield from (event | _item(item) for item in items)
    if not items:
        yield event


def _item(item: Cells) -> Cells:
    categories = [name for column in _CATEGORIES if (name := _set(item.get(column)))]
    return {
        c.ITEM_ID: _set(item.get("item_id")),
        c.TITLE: _set(item.get("item_name")),
        c.BRAND: _set(item.get("item_brand")),
        c.CATEGORY: " > ".join(categories) or None,
        c.PRICE: item.get("price"),
        c.QUANTITY: item.get("quantity"),
        c.POSITION: _set(item.get("item_list_index")),
    }


def _value(text: str | None) -> str | None:
    """Return a parameter's value, which is in one of `string_value`, `int_value` and so on."""
    return next((value for value in fields(text).values() if value is not None), None)


def _set(text: str | None) -> str | None:
    return None if text == "(not set)" else text


GA4: Final = Format(
    name="ga4",
    about="Google Analytics 4, BigQuery export as JSON lines: one event for each item of a shop's events",
    tables=("events", "items"),
    sheets=(Sheet(header=frozenset({"event_name", "event_timestamp", "user_pseudo_id"}), map=events_and_items(_rows)),),
)
