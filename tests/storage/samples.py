"""Made-up rows, in the order of their tables' columns."""

from typing import Any, TypeAlias

from aisle.shop.columns import TABLES
from aisle.shop.rejects import Reject

START = 1_300_000_000_000_000

Event: TypeAlias = tuple[Any, ...]


def row(table: str, **values: Any) -> tuple[Any, ...]:
    unknown = values.keys() - TABLES[table].keys()
    assert not unknown, unknown
    return tuple(values.get(name) for name in TABLES[table])


def event(number: int, **values: Any) -> tuple[Any, ...]:
    usual = {"event_id": f"e{number}", "event": "purchase", "user_id": "u", "item_id": "i", "timestamp": START + number}
    return row("events", **usual | values)


def events(first: int, count: int) -> list[tuple[Any, ...]]:
    return [event(number, user_id=f"u{number % 7}") for number in range(first, first + count)]


def reject(
    raw: str = "u,i,x",
    source: str = "events.csv",
    line: int | None = 7,
    reason: str = "rating 'x' is not a number",
) -> Reject:
    return Reject(source, line, "events", reason, raw)
