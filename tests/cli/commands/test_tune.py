import shutil
from pathlib import Path

import msgspec
import pytest

from aisle.app.settings import FILE
from tests.runner import Runner


@pytest.fixture
def fresh(untrained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_folder, tmp_path / "shop")


def test_tune_shows_the_best_trials_beside_the_current_settings(aisle: Runner, fresh: Path) -> None:
    ran = aisle("-C", fresh, "tune", "item_knn", "--trials", 6, "--seed", 1)
    assert ran.code == 0, ran.err
    for text in (
        "item_knn: the best of 7 trials on purchase",
        "matters",
        "now",
        "NDCG@20",
        "shrinkage",
        "6 new trials",
    ):
        assert text in ran.out
    assert "The best against the current settings: NDCG@20 " in ran.out
    assert "--write puts the best settings into [models.item_knn]" in ran.out
    assert "trial " in ran.err


def test_tuning_for_programs(aisle: Runner, fresh: Path) -> None:
    ran = aisle("-C", fresh, "tune", "item_knn", "--trials", 2, "--timeout", "10m", "--json")
    answer = msgspec.json.decode(ran.out)
    assert (answer["model"], answer["trials"], answer["stopped"]) == ("item_knn", 3, "trials")


def test_the_best_settings_go_into_the_file_on_request(aisle: Runner, fresh: Path) -> None:
    ran = aisle("-C", fresh, "tune", "item_knn", "--trials", 6, "--write")
    assert f"{fresh / FILE} has the best settings now." in ran.out
    assert "[models.item_knn]" in (fresh / FILE).read_text()
    assert aisle("-C", fresh, "train", "--model", "item_knn").code == 0


def test_nothing_better_is_said_so(aisle: Runner, fresh: Path) -> None:
    ran = aisle("-C", fresh, "tune", "popularity", "--trials", 0)
    assert "No settings were better than the current ones." in ran.out


def test_a_search_that_ran_out_of_time_says_so(aisle: Runner, fresh: Path) -> None:
    assert "0 new trials" in (out := aisle("-C", fresh, "tune", "popularity", "--timeout", "0s").out)
    assert "until the time was up" in out


def test_a_model_that_has_nothing_to_tune_costs_one_line(aisle: Runner, fresh: Path) -> None:
    ran = aisle("-C", fresh, "tune", "blend")
    assert (ran.code, "has no settings to tune" in ran.err) == (2, True)


def test_weights_of_bad_news(aisle: Runner, fresh: Path) -> None:
    ran = aisle("-C", fresh, "tune", "weights")
    assert ran.code == 2
    assert "nothing to weigh; import refunds" in ran.err
