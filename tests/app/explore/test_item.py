"""What is known of an item."""

import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from aisle.app.data.day_counts import count_days
from aisle.app.explore.item import DAYS, Showing, days_of, item_facts, shown_on
from aisle.app.serve import Live
from aisle.engine.related import CO_PURCHASE
from aisle.recommenders.implicit.co_purchase import CoPurchase, CoPurchaseConfig
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import Impression, ServedItem
from tests.lively_shop import lively_data, lively_events
from tests.small_shop import TEAS, TOOLS


@pytest.fixture
def folder(hybrid_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(hybrid_folder, tmp_path / "shop")


def test_what_goes_with_a_tea_are_teas(live: Live) -> None:
    told = item_facts(live.model_watch.current(), TEAS[0])
    assert told is not None
    assert told.buyers == sum(
        TEAS[0] in {row.item_id for row in live.history(f"user-{user}", 100)} for user in range(40)
    )
    assert told.nearest
    assert TEAS[0] not in {one.item_id for one in told.nearest}
    assert [one.value for one in told.nearest] == sorted((one.value for one in told.nearest), reverse=True)


def test_what_was_bought_together_is_counted_by_shoppers(live: Live) -> None:
    data = lively_data()
    model = replace(
        live.model_watch.current(),
        items=data.items,
        components={CO_PURCHASE: CoPurchase(CoPurchaseConfig()).fit(data, seed=1)},
    )
    told = item_facts(model, "i01")
    assert told is not None
    buyers = [one.value for one in told.together]
    assert buyers == sorted(buyers, reverse=True)
    bought = lively_events().filter(pl.col("event") == "purchase", pl.col("user_id").is_not_null())
    baskets = bought.group_by("transaction_id").agg("user_id", "item_id").rows()
    other = told.together[0].item_id
    assert buyers[0] <= len({user for _, users, items in baskets if {"i01", other} <= set(items) for user in users})


def test_an_item_that_the_model_does_not_know(live: Live) -> None:
    assert item_facts(live.model_watch.current(), "nothing") is None


def test_the_days_of_an_item_are_those_of_the_log(live: Live) -> None:
    assert days_of(live, TEAS[0]) == []  # nothing was counted yet
    count_days(live.db)
    told = days_of(live, TEAS[0])
    assert len(told) == DAYS
    assert all(later.day > day.day for day, later in itertools.pairwise(told))
    sold = sum(day.units for day in told)
    bought = [row for user in range(40) for row in live.history(f"user-{user}", 100) if row.item_id == TEAS[0]]
    assert sold == sum(row.timestamp >= told[0].day for row in bought) > 0
    assert sum(day.units for day in days_of(live, "nothing")) == 0


def test_the_placements_that_show_an_item(live: Live) -> None:
    def shelf(number: int, placement: str, *item_ids: str) -> Impression:
        items = tuple(ServedItem(item_id, place, None, 1.0) for place, item_id in enumerate(item_ids, 1))
        return Impression(f"r{number}", number, None, "s", placement, "personal", None, 1, items)

    impressions.add(
        live.db,
        [shelf(1, "home", TEAS[0]), shelf(2, "home", TEAS[0], TOOLS[0]), shelf(3, "home", TOOLS[0]),
         shelf(4, "cart", TEAS[0])],
    )  # fmt: skip
    assert shown_on(live, TEAS[0]) == [Showing("home", 2, 3), Showing("cart", 1, 1)]
    assert shown_on(live, "nothing") == []
