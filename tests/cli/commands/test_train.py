import re
from pathlib import Path

import msgspec
import pytest

from aisle.app.shop import Shop
from tests import trackers
from tests.lively_shop import lively_events
from tests.runner import Runner


def test_train_shows_figures_and_the_verdict(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "train")
    assert ran.code == 0
    assert "popularity" in ran.out
    assert "NDCG" in ran.out
    assert "Model 2 is live" in ran.out


def test_a_model_that_loses_does_not_go_live(aisle: Runner, folder: Path) -> None:
    assert "Model 2 does not go live" in aisle("-C", folder, "train", "--model", "popularity").out


def test_training_for_programs(aisle: Runner, folder: Path) -> None:
    answer = msgspec.json.decode(aisle("-C", folder, "train", "--json").out)
    assert (answer["version"], answer["live"], answer["users"]) == (2, True, 40)


def test_a_budget_of_no_time_gathers_one_past_window(tmp_path: Path) -> None:
    windows: list[tuple[float, float | None]] = []

    def count(stage: str, done: float, total: float | None, rows: int = 0) -> None:
        if stage == "gather past shelves":
            windows.append((done, total))

    with Shop.open(tmp_path / "shop") as shop:
        shop.import_events(lively_events().drop("price"))
        shop.train("hybrid", 0.0, count)
    assert windows == [(1, 2)], "the model that goes live takes the measured ranker"


def test_an_unknown_model_is_named(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "train", "--model", "oracle")
    assert (ran.code, "oracle" in ran.err) == (2, True)


def test_a_training_says_its_run_and_so_does_the_list(
    aisle: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trackers.needed("mlflow")
    monkeypatch.setenv("AISLE_MLFLOW__ENABLED", "true")
    run = re.search(r"MLflow shows it as run (\w{32})", aisle("-C", folder, "train").out)
    assert run is not None
    assert [row["run_id"] for row in msgspec.json.decode(aisle("-C", folder, "models", "list", "--json").out)] == [
        run[1],
        None,
    ]
    listed = aisle("-C", folder, "models", "list").out
    assert "run" in listed
    assert run[1][:12] in listed
    page = folder / "mlruns" / run[1] / "artifacts" / "models.html"
    assert "als" in page.read_text()


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
