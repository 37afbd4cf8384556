"""Bestsellers without a bundle: those that a training would make, of what the shop sells."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from aisle.app.data.setup import make_shop
from aisle.app.serve import Live
from aisle.app.serving.bestsellers import bestsellers
from aisle.app.settings import Settings
from aisle.engine.model import TrainedModel
from aisle.engine.recipe import BASELINE
from aisle.prepare.weigh import Weights
from aisle.recommenders.popular.popularity import Popularity
from aisle.shop import columns
from aisle.shop.errors import NotEnoughData
from aisle.storage.catalogue import items
from aisle.storage.log import events
from aisle.storage.work import models
from aisle.storage.work.models import ModelRow
from tests.small_shop import TEAS


def row_of(live: Live) -> ModelRow:
    row = models.live(live.db)
    assert row is not None
    return row


def scores(model: TrainedModel) -> dict[str, float]:
    bestsellers = model.recommender(BASELINE)
    assert isinstance(bestsellers, Popularity)
    return dict(zip(model.items.ids, bestsellers.scores_.tolist(), strict=True))


def counted(live: Live) -> dict[str, float]:
    return scores(bestsellers(live.db, live.settings, row_of(live)))


def test_they_are_those_of_a_training(busy_folder: Path) -> None:
    with Live(Settings.read(busy_folder)) as live:
        assert counted(live) == scores(live.model_watch.current())


def test_items_without_events_are_among_them_unless_they_are_hidden(live: Live) -> None:
    for item_id, hidden in (("new", False), ("secret", True)):
        row = {columns.ITEM_ID: item_id, columns.TITLE: item_id, columns.HIDDEN: hidden}
        items.upsert(live.db, [tuple(row.get(name) for name in columns.ITEMS)])
    found = counted(live)
    assert min(found, key=found.__getitem__) == "new"
    assert "secret" not in found
    assert set(TEAS) < set(found)


def test_events_count_as_the_recipe_says(live: Live) -> None:
    row = row_of(live)
    weights = row.recipe["weights"]
    generous = replace(row, recipe=row.recipe | {"weights": weights | {"purchase": 2 * weights["purchase"]}})
    sold = {item_id: score for item_id, score in counted(live).items() if score > 0}
    found = scores(bestsellers(live.db, live.settings, generous))
    assert {item_id: found[item_id] for item_id in sold} == {
        item_id: pytest.approx(2 * score) for item_id, score in sold.items()
    }
    assert len(sold) == 19


def test_the_settings_of_the_shop_count(live: Live) -> None:
    row = row_of(live)

    def by(**settings: object) -> Popularity:
        part = {"model": BASELINE, "settings": settings}
        recipe = row.recipe | {"parts": {"personal": part, "popular": row.recipe["parts"]["popular"]}}
        fitted = bestsellers(live.db, live.settings, replace(row, recipe=recipe)).recommender(BASELINE)
        assert isinstance(fitted, Popularity)
        return fitted

    assert by(window_days=7.0).config.window_days == 7
    assert len(by(per_category=True).shares_) == 2
    assert by(measure="rating").config.measure == "events"  # nobody rates anything in this shop


def test_without_a_recipe_that_can_be_read_the_settings_of_the_shop_count(live: Live) -> None:
    of_tomorrow = replace(row_of(live), recipe={"of_tomorrow": 1})
    model = bestsellers(live.db, live.settings, of_tomorrow)
    assert scores(model) == counted(live)
    assert (model.directions, model.recipe.weights) == (None, Weights.parse(live.settings.weights))


def test_nothing_is_written(live: Live) -> None:
    before = {path: path.stat().st_mtime_ns for path in live.settings.folder.rglob("*")}
    counted(live)
    assert {path: path.stat().st_mtime_ns for path in live.settings.folder.rglob("*")} == before


def test_a_shop_of_bots_alone_has_none_if_they_are_left_out(live: Live, tmp_path: Path) -> None:
    make_shop(tmp_path / "bots")
    settings = Settings.read(tmp_path / "bots", train={"leave_out_bots": True})
    views = [
        {columns.EVENT_ID: f"view-{number}", columns.EVENT: "view_item", columns.USER_ID: "bot",
         columns.ITEM_ID: f"item-{number}", columns.TIMESTAMP: number * 1_000_000}
        for number in range(5_000)
    ]  # fmt: skip
    with Live(settings) as bots:
        events.store(bots.db, [tuple(view.get(name) for name in columns.EVENTS) for view in views])
        with pytest.raises(NotEnoughData, match="no event"):
            bestsellers(bots.db, settings, row_of(live))


def test_a_shop_without_events_has_none(live: Live, tmp_path: Path) -> None:
    make_shop(tmp_path / "new")
    with Live(Settings.read(tmp_path / "new")) as new, pytest.raises(NotEnoughData, match="no event came"):
        bestsellers(new.db, new.settings, row_of(live))
