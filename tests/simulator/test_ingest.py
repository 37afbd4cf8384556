import polars as pl
import pytest

from aisle.ingest.batch import ROW
from aisle.ingest.dates import EPOCH, DateRule
from aisle.ingest.validate import validate
from aisle.shop.columns import AVAILABLE_FROM, TIMESTAMP
from aisle.simulator.simulation import END, Part, Simulation


@pytest.mark.parametrize("table", ["events", "items", "users", "reviews"])
def test_all_rows_pass_the_checks(simulation: Simulation, part: Part, table: str) -> None:
    tables = {
        "events": part.events.head(20_000),
        "items": simulation.items(),
        "users": simulation.users(),
        "reviews": part.reviews,
    }
    frame = tables[table]
    if "price" in frame.columns:
        frame = frame.with_columns(pl.col("price") / 1_000_000)
    text = frame.cast(pl.String).with_row_index(ROW)
    checked = validate(table, text, {name: DateRule(EPOCH) for name in (TIMESTAMP, AVAILABLE_FROM)}, END)
    assert checked.reasons.is_empty()
    assert checked.accepted.equals(tables[table])
