import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.train import check_sane
from aisle.app.training.fitting import Fitted
from aisle.engine.ranking.profile import to_query
from aisle.engine.ranking.retrieval import Retrieval
from aisle.ingest.plan import Plan
from aisle.recommenders.implicit.als import ALS, ALSConfig
from aisle.shop.errors import InputError, NotEnoughData, SettingsError
from tests.lively_shop import lively_data
from tests.small_shop import make_small_shop


def reopened(folder: Path, text: str) -> Shop:
    with (folder / "aisle.toml").open("a") as file:
        file.write(text)
    return Shop(Settings.read(folder))


def test_the_first_model_goes_live(untrained_folder: Path, tmp_path: Path) -> None:
    with Shop.open(shutil.copytree(untrained_folder, tmp_path / "shop")) as shop:
        trained = shop.train()
        assert (trained.version, trained.live) == (1, True)
        assert shop.model_version() == 1


def test_training_measures_the_cost_of_the_long_tail(untrained_folder: Path, tmp_path: Path) -> None:
    with Shop.open(shutil.copytree(untrained_folder, tmp_path / "shop")) as shop:
        nothing, *shares = shop.train("popularity").long_tail
    assert (nothing.share, nothing.cost) == (0.0, 0.0)
    assert [cost.share for cost in shares] == [0.1, 0.2, 0.3]
    assert all(cost.exposure >= cost.share - 1e-9 for cost in shares)
    assert all(cost.ndcg + cost.cost == pytest.approx(nothing.ndcg) for cost in shares)


def test_the_hybrid_is_the_default_model(tmp_path: Path) -> None:
    assert Settings.read(make_small_shop(tmp_path)).train.model == "hybrid"


def test_a_hybrid_fills_shelves(hybrid_folder: Path) -> None:
    with Shop.open(hybrid_folder) as shop:
        assert shop.models()[0].status == "live"
        shelf, rest = shop.recommend("user-1", 5), shop.recommend("user-1", 30)
        # The shop's moments count back from now: as hours are a feature, what stands last differs from run to run.
        assert [item.category for item in shelf.items[:4]] == ["Tools"] * 4
        assert shelf.fallback is None
        assert len(rest.items) == 20
        assert shop.recommend("a stranger", 3).fallback == "popular"
        assert len(shop.similar("tea-1", 3).items) == 3


def test_a_hybrid_does_not_show_excluded_purchases(hybrid_folder: Path) -> None:
    with Shop.open(hybrid_folder) as shop:
        bought = {line.item_id for line in shop.history("user-1", 100)}
        assert not bought & {item.item_id for item in shop.recommend("user-1", 10, exclude="purchased").items}


def test_a_hybrid_refuses_a_list_of_no_items(hybrid_folder: Path) -> None:
    with Shop.open(hybrid_folder) as shop:
        model = shop.model_watch.current()
        query = to_query([], model.items, model.weights, model.data_end)
        with pytest.raises(InputError, match="n = 0"):
            model.personal.retrieve(query, 0)


def test_a_model_is_measured_beside_popularity(folder: Path) -> None:
    with Shop.open(folder) as shop:
        trained = shop.train()
    als, popularity = trained.measured
    assert (als.model, popularity.model) == ("als", "popularity")
    assert als.report.all.ndcg > popularity.report.all.ndcg


def test_the_same_recipe_is_not_measured_against_itself(busy_folder: Path) -> None:
    with Shop.open(busy_folder) as shop:
        assert shop.train().reason == "the live recipe, on newer events"


def test_a_recipe_that_is_significantly_worse_is_refused(busy_folder: Path) -> None:
    with Shop.open(busy_folder) as shop:
        trained = shop.train("popularity")
        assert not trained.live
        assert trained.reason.startswith("NDCG against the live recipe: worse by ")
        assert shop.model_version() == 1
        assert shop.models()[0].status == "refused"


def test_a_recipe_that_is_not_worse_goes_live(busy_folder: Path) -> None:
    with reopened(busy_folder, "[models.als]\nfactors = 16\n") as shop:
        trained = shop.train()
        assert trained.live
        assert [measured.model for measured in trained.measured] == ["als", "als", "popularity"]


def test_equal_events_and_seed_give_equal_bundles(folder: Path) -> None:
    with Shop.open(folder) as shop:
        first, second = shop.train(), shop.train()
    vectors = [
        np.load(folder / "models" / f"{trained.version:06d}" / "personal.item_vectors.npy")
        for trained in (first, second)
    ]
    np.testing.assert_array_equal(*vectors)


def test_an_empty_shop_says_what_to_do(tmp_path: Path) -> None:
    with Shop.open(tmp_path / "empty") as shop, pytest.raises(NotEnoughData, match="aisle import"):
        shop.train()


def test_a_model_of_one_shopper_is_trained_but_not_measured(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "user_id,item_id,event,timestamp\nu,i,purchase,2024-01-01\nu,j,purchase,2024-01-02\n"
    )
    with Shop.open(tmp_path / "shop") as shop:
        shop.import_files([tmp_path / "a.csv"], Plan(table="events"))
        trained = shop.train()
        assert trained.live
        assert trained.reason.startswith("not measured: the log covers 2 days")
        assert {item.item_id for item in shop.recommend("u").items} == {"i", "j"}


def test_an_unknown_model_is_named(folder: Path) -> None:
    with Shop.open(folder) as shop, pytest.raises(SettingsError, match="there is no model 'oracle'"):
        shop.train("oracle")


def test_an_unknown_setting_of_a_model_is_named(folder: Path) -> None:
    with reopened(folder, "[models.als]\nfactor = 16\n") as shop, pytest.raises(SettingsError, match="factor"):
        shop.train()


@pytest.mark.parametrize(
    "change",
    [lambda recipe: recipe["parts"]["popular"]["settings"].update(window_days=91.0), lambda recipe: recipe.update(x=1)],
    ids=["a setting of a model", "a part of the recipe"],
)
def test_a_live_recipe_that_this_version_cannot_use_does_not_bypass_the_gate(
    busy_folder: Path, change: Callable[[Any], None]
) -> None:
    with Shop.open(busy_folder) as shop:
        with shop.db.engine.begin() as connection:
            recipe = json.loads(connection.execute(text("SELECT recipe FROM models")).scalar_one())
            change(recipe)
            connection.execute(text("UPDATE models SET recipe = :recipe"), {"recipe": json.dumps(recipe)})
        trained = shop.train("popularity")
    assert trained.live
    assert trained.reason.startswith("the live recipe cannot be used any more")
    assert "NDCG against popularity instead: no real difference, +0.0%" in trained.reason


def test_a_model_with_infinite_numbers_is_refused() -> None:
    broken = ALS.from_arrays(
        ALSConfig(), {"item_vectors": np.array([[np.inf]], np.float32), "spectrum": np.ones(1, np.float32)}
    )
    with pytest.raises(NotEnoughData, match="item_vectors that are not finite"):
        check_sane(Fitted(Retrieval(broken, broken), {"als": broken}, {}), lively_data())


def test_evaluate_ranks_models_on_the_newest_weeks(folder: Path) -> None:
    with Shop.open(folder) as shop:
        als, popularity = shop.evaluate(["als", "popularity"], 5)
    assert als.report.k == 5
    assert als.report.all.recall > popularity.report.all.recall


def test_popularity_per_category_shows_the_shoppers_own_first(folder: Path) -> None:
    with reopened(
        folder, '[models.popularity]\nper_category = true\n[placements.home]\nstrategy = "popularity"\n'
    ) as shop:
        shop.promote(shop.train().version)
        home = [item.category for item in shop.recommend("user-1", 5, placement="home").items]
    assert home == ["Tools"] * 5
