"""The caps of tables, on every engine: those of a log."""

import numpy as np
import polars as pl
import pytest

from aisle.prepare import votes
from aisle.prepare.build import build
from aisle.prepare.votes import counted, counted_of
from aisle.prepare.weigh import Weights
from aisle.shop.columns import STORED_EVENTS
from aisle.shop.moments import DAY, SECOND
from aisle.shop.schemas import schema_of
from tests.contract.prepare.conftest import Bring

MONDAY = 2_800 * 7 * DAY
NAMES = ("event", "user_id", "session_id", "item_id", "timestamp", "transaction_id", "over_cap")


def _log(seed: int, size: int = 400) -> pl.DataFrame:
    """Make two weeks of a shop that few people visit, and most of them again and again."""
    draw = np.random.default_rng(seed)
    who = draw.choice(6, size)
    columns = {
        "event": draw.choice(["view_item", "purchase"], size),
        "user_id": [f"person {one}" if one < 2 else None for one in who],
        "session_id": [f"person {one}" if one in (1, 2, 3) else None for one in who],
        "item_id": draw.choice(["a", "b", "c"], size, p=[0.6, 0.3, 0.1]),
        "timestamp": MONDAY + draw.permutation(size) * (14 * DAY // size) // SECOND * SECOND,
        "transaction_id": None,
        "over_cap": np.where(draw.random(size) < 0.05, 1, 0),
    }
    schema = schema_of({name: STORED_EVENTS[name] for name in NAMES})
    return pl.DataFrame(columns, schema, strict=False).with_columns(pl.col("over_cap").replace(0, None))


@pytest.mark.parametrize("seed", range(3))
def test_the_events_that_count_of_a_table_are_those_of_a_log(
    bring: Bring, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(votes, "OF_ALL_ITEMS", 10)
    table = _log(seed)
    log = build(table.filter(pl.col("over_cap").is_null()), Weights(), MONDAY + 14 * DAY).log
    kept = counted_of(bring(table)).collect("polars").to_native()
    assert kept.columns == table.columns
    assert sorted(kept["timestamp"]) == log.timestamp[counted(log)].tolist()
    assert 0.1 < kept.height / table.height < 0.5
