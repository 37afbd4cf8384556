import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from aisle.app.recipe import recipe_of
from aisle.app.shop import Shop
from aisle.app.tracking.runs import as_text, flat, numbers, training_metrics, training_run, tuning_run
from aisle.app.train import DataSummary, Trained
from aisle.app.training.placement_report import PlacementFigures
from aisle.app.tuning.search import Tuned
from aisle.app.tuning.trials import Trial
from aisle.models.mlflow import Run

NO_DATA = DataSummary(0, 0, 0, 0, 0, "")


def trained_in(seconds: float, reason: str = "", placements: Sequence[PlacementFigures] = ()) -> Trained:
    return Trained(
        version=1, live=True, reason=reason, measured=[], placements=list(placements), events=0, users=0, items=0,
        skipped={}, seconds=seconds, learnt_from=NO_DATA,
    )  # fmt: skip


@pytest.fixture
def shop(busy_folder: Path) -> Shop:
    return Shop.open(busy_folder)


@pytest.fixture
def run(shop: Shop) -> Run:
    with shop:
        trained = shop.train("popularity")
        recipe = recipe_of(shop.settings, "popularity")
        return training_run(shop.settings.shop, recipe, trained)


def test_a_run_of_a_training_has_every_setting(run: Run) -> None:
    assert run.params["model"] == "popularity"
    assert run.params["personal/window_days"] == "30.0"
    assert run.params["weights/purchase"] == "1.0"
    assert run.params["popular/model"] == "newcomer_popularity"


def test_a_hybrids_sources_and_ranker_are_settings_too(hybrid_folder: Path) -> None:
    with Shop.open(hybrid_folder) as shop:
        recipe = recipe_of(shop.settings, "hybrid")
        trained = trained_in(0.0)
        params = training_run(shop.settings.shop, recipe, trained).params
    assert recipe.hybrid is not None
    assert params["hybrid/sources/als"] == str(recipe.hybrid.sources["als"])
    assert params["hybrid/ranker/trees"] == str(recipe.hybrid.ranker.trees)
    assert params["als/factors"] == "128"


def test_a_run_of_a_training_describes_its_data(run: Run) -> None:
    assert (run.params["data/events"], run.params["data/users"], run.params["data/items"]) == ("1440", "240", "20")
    assert run.params["data/first"] < run.params["evaluated/from"] < run.params["data/last"]
    assert len(run.params["data/fingerprint"]) == 32


def test_a_run_of_a_training_has_the_figures_of_all_measured_models(run: Run) -> None:
    assert {"all/ndcg", "segments/returning/ndcg", "novel/recall", "intervals/ndcg/low"} <= run.metrics.keys()
    assert run.metrics["popularity/all/ndcg"] < run.metrics["live/all/ndcg"]
    assert run.metrics["live"] == 0.0
    assert not {"k", "cut", "end", "target"} & run.metrics.keys()


def test_a_run_of_a_training_has_its_whole_result_as_a_file(run: Run) -> None:
    assert json.loads(run.files["trained.json"])["live"] is False
    assert "worse by" in run.tags["mlflow.note.content"]
    assert (run.tags["shop"], run.tags["simulated"]) == ("Leaf & Hammer", "false")


def test_a_training_without_measurement_has_no_figures(shop: Shop) -> None:
    with shop:
        recipe = recipe_of(shop.settings, "als")
        trained = trained_in(2.0, reason="not measured")
        run = training_run(shop.settings.shop, recipe, trained)
    assert run.metrics == {"seconds": 2.0, "live": 1.0}


def test_placements_have_metric_names_that_a_tracker_accepts() -> None:
    figures = PlacementFigures("home/top ★", "personal", questions=3, kept=1.0, hit_rate=0.5, ndcg=0.25)
    metrics = training_metrics(trained_in(2.0, placements=[figures]))
    assert metrics["placements/home_top__/ndcg"] == 0.25
    assert metrics["placements/home_top__/questions"] == 3


def test_a_run_of_a_search_has_every_trial(shop: Shop) -> None:
    trials = [Trial(1, {"factors": 8}, 0.5), Trial(0, {"factors": 4}, 0.25)]
    tuned = Tuned("als", "NDCG@20", "purchase", 0, 10**6, 3, 2, 2, 0, "trials", {"factors": 2}, 0.125, trials,
                  None, {"factors": 1.0}, None, 4.0, NO_DATA, trials[::-1])  # fmt: skip
    with shop:
        run = tuning_run(shop.settings.shop, tuned)
    assert run.series == {"trial": {0: 0.25, 1: 0.5}}
    assert run.metrics == {"current": 0.125, "best": 0.5, "seconds": 4.0, "matters/factors": 1.0}
    assert (run.params["best/factors"], run.params["current/factors"]) == ("8", "2")
    assert run.params["evaluated/to"] == "1970-01-01T00:00:01+00:00"
    assert [trial["number"] for trial in json.loads(run.files["trials.json"])] == [0, 1]


def test_equal_data_has_an_equal_fingerprint_and_other_data_another(folder: Path) -> None:
    with Shop.open(folder) as shop:
        first, second = (shop.train("popularity").learnt_from.fingerprint for _ in range(2))
        shop.feedback("user-1", "tea-1", 5.0)
        third = shop.train("popularity").learnt_from.fingerprint
    assert first == second != third


def test_nested_values_are_named_by_path() -> None:
    assert flat({"a": {"b": 1, "c": {"d": [2]}}, "e": None, "f": {}}) == {"a/b": 1, "a/c/d": [2], "e": None}


def test_only_finite_numbers_are_metrics() -> None:
    assert numbers({"a": 1, "b": True, "c": None, "d": "1", "e": math.nan, "f": math.inf, "g": 0.5}) == {
        "a": 1,
        "g": 0.5,
    }


def test_parameters_are_texts_of_limited_length() -> None:
    assert as_text({"a": math.inf, "b": None, "c": "text", "d": [1, "x"], "e": 0.5}) == {
        "a": "inf", "b": "null", "c": "text", "d": '[1,"x"]', "e": "0.5",
    }  # fmt: skip
    assert len(as_text({"a": "x" * 7000})["a"]) == 6000
