import polars as pl
import pytest

from aisle.ingest.batch import ROW
from aisle.ingest.dates import DateRule
from aisle.ingest.validate import validate
from aisle.ingest.written import EPOCH
from aisle.shop.columns import AVAILABLE_FROM, MONEY, TIMESTAMP
from aisle.shop.money import MICROS
from aisle.simulator.simulation import END, Part, Simulation


@pytest.mark.parametrize("table", ["events", "items", "users", "reviews"])
def test_all_rows_are_valid_for_import(simulation: Simulation, part: Part, table: str) -> None:
    tables = {
        "events": part.events.head(20_000),
        "items": simulation.items(),
        "users": simulation.users(),
        "reviews": part.reviews,
    }
    frame = tables[table]
    frame = frame.with_columns(pl.col(name) / MICROS for name in MONEY if name in frame.columns)
    text = frame.cast(pl.String).with_row_index(ROW)
    checked = validate(table, text, {name: DateRule(EPOCH) for name in (TIMESTAMP, AVAILABLE_FROM)}, END)
    assert checked.reasons.is_empty()
    assert checked.accepted.equals(tables[table])


def test_every_event_names_an_item_and_a_shopper_of_the_shop(simulation: Simulation, part: Part) -> None:
    items, users = set(simulation.items()["item_id"]), set(simulation.users()["user_id"])
    assert set(part.events["item_id"].drop_nulls()) <= items
    assert set(part.events["user_id"].drop_nulls()) <= users
    assert set(part.reviews["item_id"]) <= items
    assert set(part.reviews["user_id"]) <= users
    assert simulation.tastes()["user_id"].equals(simulation.users()["user_id"])
