"""What goes live, and what figures rest on: never on three shoppers, a stray event or a part that went missing."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from aisle.app.shop import Shop
from aisle.models import registry
from aisle.recommenders.second_stage.item_state import ENOUGH
from aisle.shop import columns, moments
from aisle.shop.moments import DAY
from aisle.storage.connection import Database
from aisle.storage.log import events
from tests.runner import Runner
from tests.small_shop import make_small_shop


def add(db: Database, *rows: dict[str, Any]) -> None:
    numbered = [{"event_id": f"added-{number}", "quantity": 1} | row for number, row in enumerate(rows)]
    events.store(db, [tuple(row.get(name) for name in columns.EVENTS) for row in numbered])


def stray(kind: str = "purchase", days: int = 300, **more: Any) -> dict[str, Any]:
    """Make an event that is far from all others."""
    moment = moments.now() + days * DAY
    return {"event": kind, "user_id": "user-1", "item_id": "tool-1", "timestamp": moment} | more


def test_a_stray_purchase_leaves_the_figures_as_they_were(aisle: Runner, busy_folder: Path) -> None:
    with Shop.open(busy_folder) as shop:
        before = [one.report for one in shop.evaluate(["als", "popularity"], 5)]
        add(shop.db, stray())
        after = [one.report for one in shop.evaluate(["als", "popularity"], 5)]
        trained = shop.train()
    assert [(one.all, one.novel, one.intervals, one.cut) for one in after] == [
        (one.all, one.novel, one.intervals, one.cut) for one in before
    ]
    assert trained.skipped["stray events"].startswith("1 of ")
    assert trained.learnt_from.last < moments.now()


def test_a_few_ratings_of_today_do_not_judge_a_shop_of_purchases(busy_folder: Path) -> None:
    with Shop.open(busy_folder) as shop:
        add(shop.db, *(stray("rate", 300, user_id=f"user-{user}", rating=5.0) for user in range(3)))
        (als,) = shop.evaluate(["als"])
    assert (als.report.target, als.report.all.shoppers >= ENOUGH) == ("purchase", True)


def test_purchases_dated_now_do_not_move_the_shops_present(busy_folder: Path) -> None:
    with Shop.open(busy_folder) as shop:
        shelf = shop.recommend("a stranger", 5)
        add(shop.db, stray())
        shop.train()
        assert [item.item_id for item in shop.recommend("a stranger", 5).items] == [
            item.item_id for item in shelf.items
        ]


def test_too_few_shoppers_let_the_first_model_in_and_say_so(untrained_folder: Path, tmp_path: Path) -> None:
    with Shop.open(shutil.copytree(untrained_folder, tmp_path / "shop")) as shop:
        trained = shop.train()
    assert trained.live
    assert f"shoppers can be judged on the held-out weeks, and {ENOUGH} are needed" in trained.reason
    assert trained.reason.endswith("it is the first model, and popularity could not be judged either")


def test_too_few_shoppers_leave_another_recipe_out_and_let_the_same_one_go_on(folder: Path) -> None:
    with Shop.open(folder) as shop:
        other, same = shop.train("popularity"), shop.train()
    assert (other.live, other.reason.endswith("it is another recipe than the live one, which stays")) == (False, True)
    assert (same.live, same.reason.endswith("it is the live recipe, on newer events")) == (True, True)


def test_a_forced_training_goes_live(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "train", "--model", "popularity", "--force")
    assert ran.code == 0, ran.err
    assert "Model 2 is live: forced, although not measured" in ran.out


@pytest.fixture(scope="module")
def with_ranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_small_shop(tmp_path_factory.mktemp("shop") / "hybrid", shoppers=240)
    with (folder / "aisle.toml").open("a") as settings:
        settings.write(
            "[models.hybrid]\nwindows = 2\nquestions = 300\nsources = { popularity = 20, repeat = 20, item_knn = 20 }\n"
        )
    with Shop.open(folder) as shop:
        trained = shop.train()
        assert trained.live
        assert "ranker" not in trained.skipped
    return folder


def test_a_training_that_loses_the_ranker_does_not_go_live(with_ranker: Path, tmp_path: Path) -> None:
    with Shop.open(shutil.copytree(with_ranker, tmp_path / "shop")) as shop:
        with shop.db.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM events WHERE user_id NOT LIKE 'user-1%'")
            connection.exec_driver_sql("DELETE FROM events WHERE user_id LIKE 'user-1__'")
        trained = shop.train()
        assert not trained.live
        assert trained.reason.startswith("it lacks what the live model has: ranker (")
        assert shop.train(force=True).live


def test_a_few_events_of_today_do_not_cost_the_ranker(with_ranker: Path, tmp_path: Path) -> None:
    with Shop.open(shutil.copytree(with_ranker, tmp_path / "shop")) as shop:
        views = [stray("view_item", 200, item_id=f"tea-{number}") for number in range(8)]
        add(shop.db, stray("rate", 200, rating=5.0), *views)
        trained = shop.train()
        assert (trained.live, trained.reason) == (True, "the live recipe, on newer events")
        assert "ranker" in registry.load(shop.settings.bundles, shop.models()[0]).parts


def praised_but_not_bought(shoppers: int = 80) -> list[dict[str, Any]]:
    """Make a log in which everybody buys the same few items and rates them well, and rates rarities even better."""
    start = moments.now() - 100 * DAY
    rows = []
    for user in range(shoppers):
        for day in range(user % 10, 100, 10):
            moment = start + day * DAY + user
            item = f"common-{(user + day) % 6}"
            rows.append({"event": "purchase", "item_id": item, "timestamp": moment})
            rows.append({"event": "rate", "rating": 4.0, "item_id": item, "timestamp": moment + 1})
            rare = f"rare-{(7 * user + day) % 40}"
            rows.append({"event": "rate", "rating": 5.0, "item_id": rare, "timestamp": moment + 2})
        for row in rows[-30:]:
            row["user_id"] = f"user-{user}"
    return rows


def test_a_model_that_popularity_outranks_shows_stars_but_does_not_fill_shelves(aisle: Runner, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    with Shop.open(folder) as shop:
        add(shop.db, *praised_but_not_bought())
        ran = aisle("-C", folder, "train", "--model", "svd")
        shelf, bestsellers = shop.recommend("user-1", 5), shop.recommend("user-1", 5, placement="bestsellers")
    assert "Model 1 is live" in ran.out
    assert "svd ranks worse by " in ran.out
    assert "shoppers with a history than popularity: popularity fills the shelves instead" in ran.out
    assert [item.item_id for item in shelf.items] == [item.item_id for item in bestsellers.items]
    assert shelf.items[0].predicted_rating is not None


def test_a_budget_that_cuts_the_training_short_is_told(with_ranker: Path, tmp_path: Path) -> None:
    with Shop.open(shutil.copytree(with_ranker, tmp_path / "shop")) as shop:
        assert "past windows" not in shop.train().skipped
        skipped = shop.train(seconds=0).skipped
    assert skipped["past windows"] == "the ranker learnt from 1 of 2, to save time"
    assert skipped["ranker"] == "it learnt nothing from the held-out weeks, to save time"
    assert re.match(r"training took \d+ s instead of 0 s: sources, one past window", skipped["budget"])
    assert skipped["calibration"] == "left out, to save time"
