"""What may stand in the columns of items and events."""

from pathlib import Path

import pytest

from aisle.ingest.plan import Plan
from tests.ingest.files import ingest, write


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("hidden", "maybe", "is neither true nor false"),
        ("availability", "maybe", "in_stock 'maybe' is neither true nor false, neither in stock nor out of stock"),
        ("item_group_id", "g" * 257, "has more than 256 bytes"),
        ("stock", "many", "is not a whole number"),
        ("cost", "little", "cost 'little' is not an amount of money"),
        ("cost", "-1", "cost '-1' is negative"),
        ("available_from", "soon", "does not match the date format iso"),
        ("description", "a\x00b", "holds a NUL character"),
        ("currency", "pounds", "currency 'pounds' is no currency of ISO 4217; write its code, such as EUR"),
        ("currency", "ABC", "is no currency of ISO 4217"),
    ],
)
def test_an_items_columns_are_checked(tmp_path: Path, name: str, value: str, reason: str) -> None:
    outcome = ingest(write(tmp_path / "i.csv", f"item_id,{name}", f"a,{value}"), Plan(table="items"))
    assert reason in outcome.reasons[0]


def test_the_cost_of_an_item_is_read_as_money(tmp_path: Path) -> None:
    frames = ingest(write(tmp_path / "i.csv", "item_id,price,cost", "a,10.00,7.25", "b,1,"), Plan(table="items"))
    assert frames.accepted["items"]["cost"].to_list() == [7_250_000, None]


def test_a_currency_may_be_written_in_small_letters(tmp_path: Path) -> None:
    frames = ingest(write(tmp_path / "i.csv", "item_id,price,currency", "a,1, gbp "), Plan(table="items"))
    assert frames.accepted["items"]["currency"].to_list() == ["GBP"]


@pytest.mark.parametrize(
    ("value", "reason"), [("-1", "position '-1' is negative"), ("3000000000", "is not a whole number up to 2147483647")]
)
def test_positions_are_checked(tmp_path: Path, value: str, reason: str) -> None:
    path = write(tmp_path / "a.csv", "item_id,timestamp,position", f"a,2020-01-01,{value}")
    assert reason in ingest(path).reasons[0]
