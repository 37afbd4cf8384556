import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.tracking.tracker import place
from aisle.models import mlflow as tracking
from aisle.models import registry
from aisle.models.mlflow import LIVE
from aisle.shop.errors import TrackingError
from tests import trackers
from tests.experiments.visits import visit


@pytest.fixture(scope="module")
def tracked_folder(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shop with MLflow and two models: the first was trained without it."""
    trackers.needed("mlflow")
    folder = shutil.copytree(trained_folder, tmp_path_factory.mktemp("tracked") / "shop")
    with (folder / "aisle.toml").open("a") as file:
        file.write("\n[mlflow]\nenabled = true\n")
    with Shop.open(folder) as shop:
        shop.train()
    return folder


@pytest.fixture
def shop(tracked_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Return a copy whose MLflow is that of the original, under names of its own: making a store takes seconds."""
    folder = shutil.copytree(tracked_folder, tmp_path / "shop")
    monkeypatch.setenv("AISLE_MLFLOW__TRACKING_URI", f"sqlite:///{tracked_folder}/mlflow.db")
    monkeypatch.setenv("AISLE_MLFLOW__EXPERIMENT", str(tmp_path))
    monkeypatch.setenv("AISLE_MLFLOW__MODEL", tmp_path.name)
    with Shop.open(folder) as shop:
        yield shop


def client_of(shop: Shop) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(shop.settings.tracking_uri)


def live_run(shop: Shop) -> str | None:
    client, model = client_of(shop), shop.settings.mlflow.model
    aliases = client.get_registered_model(model).aliases
    return str(client.get_model_version(model, aliases[LIVE]).run_id) if LIVE in aliases else None


def run_of(shop: Shop, version: int) -> str | None:
    return next(row.run_id for row in shop.models() if row.version == version)


def test_a_training_is_logged_with_its_figures_and_its_bundle(tracked_folder: Path) -> None:
    with Shop.open(tracked_folder) as shop:
        run_id = run_of(shop, 2)
        assert run_id is not None
        run = client_of(shop).get_run(run_id)
        assert run.info.run_name == "model 2"
        assert run.data.params["personal/factors"] == "128"
        assert run.data.metrics["segments/returning/ndcg"] > run.data.metrics["popularity/segments/returning/ndcg"]
        artifacts = Path(client_of(shop).download_artifacts(run_id, ""))
        assert sorted(path.name for path in artifacts.iterdir()) == ["model", "trained.json"]
        assert json.loads((artifacts / "trained.json").read_text())["version"] == 2
        assert (artifacts / "model" / "000002" / "manifest.json").exists()
        assert live_run(shop) == run_id
    assert (tracked_folder / "mlruns").is_dir()


def test_the_alias_follows_training_promotion_and_rollback(shop: Shop) -> None:
    first, second = shop.train(), shop.train()
    assert live_run(shop) == second.run_id == run_of(shop, second.version)
    shop.promote(first.version)
    assert live_run(shop) == first.run_id
    shop.rollback()
    assert live_run(shop) == second.run_id


def test_a_refused_model_is_a_version_that_is_not_live(shop: Shop) -> None:
    good, bad = shop.train(), shop.train("popularity")
    assert not bad.live
    assert live_run(shop) == good.run_id
    assert len(client_of(shop).search_model_versions(f"run_id = '{bad.run_id}'")) == 1
    shop.promote(bad.version)
    assert live_run(shop) == bad.run_id


def test_the_alias_is_removed_when_a_model_without_a_run_goes_live(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.train()
    shop.promote(1)
    assert live_run(shop) is None
    assert "MLflow has no version of model 1" in caplog.text


def test_a_file_can_be_added_to_a_run(shop: Shop) -> None:
    run_id = shop.train().run_id
    assert run_id is not None
    shop.attach(run_id, "models.html", "<p>figures")
    assert "models.html" in [artifact.path for artifact in client_of(shop).list_artifacts(run_id)]


def test_a_search_is_logged_with_its_trials(shop: Shop) -> None:
    trackers.needed("optuna")
    tuned = shop.tune("popularity", 2)
    run = client_of(shop).get_run(tuned.run_id)
    assert run.info.run_name == "tune popularity"
    assert run.data.params["data/fingerprint"]
    assert len(client_of(shop).get_metric_history(tuned.run_id, "trial")) == tuned.trials >= 2


UNREACHABLE = {
    "a server that does not answer": "http://127.0.0.1:9",
    "an unknown kind of address": "nonsense://x",
    "the shop's own database": "sqlite:///aisle.db",
    "the studies": "sqlite:///studies.db",
}


@pytest.mark.parametrize("uri", UNREACHABLE.values(), ids=UNREACHABLE.keys())
def test_a_failure_of_tracking_is_a_warning_and_fails_no_training(
    folder: Path, uri: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    trackers.needed("mlflow")
    monkeypatch.setenv("AISLE_MLFLOW__ENABLED", "true")
    monkeypatch.setenv("AISLE_MLFLOW__TRACKING_URI", uri)
    with Shop.open(folder) as shop:
        trained = shop.train()
        assert (trained.live, trained.run_id, run_of(shop, trained.version)) == (True, None, None)
        assert shop.rollback() == 1
    first, second = (record for record in caplog.records if record.name == "aisle.app.tracking.tracker")
    assert first.levelno == second.levelno == logging.WARNING
    assert first.getMessage().startswith("model 2 is not in MLflow: MLflow ")
    assert second.getMessage().startswith("the alias live is not where it should be in MLflow: MLflow ")
    assert "tracking_uri" in first.getMessage()


def test_a_missing_package_is_a_warning_and_fails_no_training(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AISLE_MLFLOW__ENABLED", "true")
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    with Shop.open(folder) as shop:
        assert shop.train().live
    assert "pip install 'aisle[mlflow]'" in caplog.text


def test_a_shop_without_tracking_never_uses_mlflow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "Tracker", None)
    with Shop.open(folder) as shop:
        assert shop.train().run_id is None
        assert shop.rollback() == 1
    assert not (folder / "mlflow.db").exists()


def test_runs_are_tracked_in_the_shops_folder_by_default(folder: Path) -> None:
    settings = Settings.read(folder)
    tracker_place = place(settings)
    assert (tracker_place.uri, tracker_place.artifacts) == (f"sqlite:///{folder}/mlflow.db", folder / "mlruns")
    assert (tracker_place.experiment, tracker_place.model) == ("aisle", "aisle")


def test_mlflow_may_not_share_the_shops_database(folder: Path) -> None:
    settings = Settings.read(folder, mlflow={"tracking_uri": f"sqlite:///{folder}/aisle.db"})
    with pytest.raises(TrackingError, match="a database of its own"):
        place(settings)


def test_the_registry_stores_the_run_of_a_model(shop: Shop) -> None:
    registry.note_run(shop.db, 1, "abc")
    assert run_of(shop, 1) == "abc"


def test_an_experiment_that_was_stopped_is_a_run_beside_the_models(shop: Shop) -> None:
    variants = [{"name": "as-is"}, {"name": "popular", "settings": {"strategy": "bestsellers"}}]
    shop.experiments.create({"name": "trial", "placement": "trending", "variants": variants})
    shop.experiments.start("trial", anyway=True)
    visit(shop, "trial", days=10, number=600, growth=1.2, item_id="tea-0")

    shop.experiments.stop("trial", "enough")

    client = client_of(shop)
    found = client.get_experiment_by_name(shop.settings.mlflow.experiment)
    (run,) = client.search_runs([found.experiment_id], "tags.aisle_experiment = 'trial.1'")
    assert run.info.run_name == "experiment trial.1"
    assert run.data.params["metric"] == "revenue_per_visitor"
    assert run.data.metrics["visitors/as-is"] + run.data.metrics["visitors/popular"] == 600
    assert run.data.metrics["popular/revenue_per_visitor/low"] < run.data.metrics["popular/revenue_per_visitor/high"]
