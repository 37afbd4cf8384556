import re
from pathlib import Path

import msgspec
import pytest

from tests import trackers
from tests.runner import Runner


def test_train_shows_figures_and_the_verdict(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "train")
    assert ran.code == 0
    assert "popularity" in ran.out
    assert "NDCG" in ran.out
    assert "Model 2 is live" in ran.out


def test_a_model_that_loses_stays_out(aisle: Runner, folder: Path) -> None:
    assert "Model 2 stays out" in aisle("-C", folder, "train", "--model", "popularity").out


def test_training_for_programs(aisle: Runner, folder: Path) -> None:
    answer = msgspec.json.decode(aisle("-C", folder, "train", "--json").out)
    assert (answer["version"], answer["live"], answer["users"]) == (2, True, 40)


def test_evaluate_lists_each_model(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "evaluate", "--models", "als,popularity", "-n", 5)
    assert "the best 5 of all items" in ran.out
    assert "novel" in ran.out
    rows = msgspec.json.decode(aisle("-C", folder, "evaluate", "--models", "als", "--json").out)
    assert [row["model"] for row in rows] == ["als"]


def test_models_are_listed_and_rolled_back(aisle: Runner, folder: Path) -> None:
    aisle("-C", folder, "train")
    assert [row["status"] for row in msgspec.json.decode(aisle("-C", folder, "models", "list", "--json").out)] == [
        "live",
        "retired",
    ]
    assert "Model 1 is live again" in aisle("-C", folder, "models", "rollback").out
    assert "live" in aisle("-C", folder, "models", "list").out


def test_there_may_be_nothing_to_go_back_to(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "models", "rollback")
    assert (ran.code, "aisle train" in ran.err) == (2, True)


def test_a_shop_without_models_says_so(aisle: Runner, untrained_folder: Path) -> None:
    assert "run aisle train" in aisle("-C", untrained_folder, "models", "list").out


def test_an_unknown_model_is_named(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "train", "--model", "oracle")
    assert (ran.code, "oracle" in ran.err) == (2, True)


def test_a_person_may_promote_what_the_gate_refused(aisle: Runner, folder: Path) -> None:
    assert "aisle models promote 2" in aisle("-C", folder, "train", "--model", "popularity").out
    assert aisle("-C", folder, "models", "promote", 2).code == 0
    assert msgspec.json.decode(aisle("-C", folder, "models", "list", "--json").out)[0]["status"] == "live"


def test_a_version_that_does_not_exist_is_named(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "models", "promote", 9)
    assert (ran.code, "no model 9" in ran.err) == (2, True)


def test_a_training_says_its_run_and_so_does_the_list(
    aisle: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trackers.needed("mlflow")
    monkeypatch.setenv("AISLE_MLFLOW__ENABLED", "true")
    told = re.search(r"MLflow shows it as run (\w{32})", aisle("-C", folder, "train").out)
    assert told is not None
    assert [row["run_id"] for row in msgspec.json.decode(aisle("-C", folder, "models", "list", "--json").out)] == [
        told[1],
        None,
    ]
    listed = aisle("-C", folder, "models", "list").out
    assert "run" in listed
    assert told[1][:12] in listed
    page = folder / "mlruns" / told[1] / "artifacts" / "models.html"
    assert "als" in page.read_text()


def test_a_list_of_models_without_runs_has_no_column_for_them(aisle: Runner, folder: Path) -> None:
    assert "run" not in aisle("-C", folder, "models", "list").out


def test_a_tracking_server_that_does_not_answer_costs_one_line(
    aisle: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    trackers.needed("mlflow")
    monkeypatch.setenv("AISLE_MLFLOW__ENABLED", "true")
    monkeypatch.setenv("AISLE_MLFLOW__TRACKING_URI", "http://127.0.0.1:9")
    ran = aisle("-C", folder, "train")
    assert (ran.code, "Model 2 is live" in ran.out, "run" in ran.out) == (0, True, False)
    (line,) = (record.getMessage() for record in caplog.records if record.name.startswith("aisle"))
    assert line.startswith("model 2 is not in MLflow: MLflow at http://127.0.0.1:9 cannot be used: ")
