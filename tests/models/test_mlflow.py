import json
import socket
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.models import bundle as bundles
from aisle.models import mlflow as tracking
from aisle.models.mlflow import LIVE, Place, Run, Tracker, reason, without_password
from aisle.shop.errors import TrackingError
from tests import trackers
from tests.models.tiny import bundle_of

CARD = {"loader_module": "tests.models.tiny", "signature": {"inputs": "[]", "outputs": "[]", "params": None}}


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store; making one takes seconds."""
    trackers.needed("mlflow")
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture
def place(store: Path, request: pytest.FixtureRequest) -> Place:
    name = request.node.name
    return Place(f"sqlite:///{store}/mlflow.db", name, name, store / "files")


@pytest.fixture
def tracker(place: Place) -> Tracker:
    return Tracker(place)


@pytest.fixture
def client(place: Place) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(place.uri)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bundles.save(tmp_path / "000007", bundle_of())
    return tmp_path / "000007"


def run_of(**values: Any) -> Run:
    return Run(**({"name": "model 7", "params": {}, "metrics": {}, "tags": {}} | values))


def live_run(client: Any, model: str) -> str | None:
    aliases = client.get_registered_model(model).aliases
    return str(client.get_model_version(model, aliases[LIVE]).run_id) if LIVE in aliases else None


def test_a_run_says_what_it_was_given_and_what_it_came_to(tracker: Tracker, client: Any) -> None:
    params = {f"als/{number}": str(number) for number in range(250)}
    series = {"trial": {0: 0.25, 3: 0.5}}
    run_id = tracker.log(
        run_of(params=params, metrics={"all/ndcg": 0.5}, tags={"shop": "Tea"}, series=series, files={"a.json": "{}"})
    )
    run = client.get_run(run_id)
    assert (run.info.run_name, run.info.status) == ("model 7", "FINISHED")
    assert run.data.params == params
    assert run.data.metrics == {"all/ndcg": 0.5, "trial": 0.5}
    assert [(one.step, one.value) for one in client.get_metric_history(run_id, "trial")] == [(0, 0.25), (3, 0.5)]
    assert run.data.tags["shop"] == "Tea"
    assert [one.path for one in client.list_artifacts(run_id)] == ["a.json"]


def test_files_may_come_later(tracker: Tracker, client: Any) -> None:
    run_id = tracker.log(run_of())
    tracker.attach(run_id, "models.html", "<p>figures")
    assert [one.path for one in client.list_artifacts(run_id)] == ["models.html"]


def test_a_run_that_cannot_be_written_whole_has_failed(tracker: Tracker, client: Any, place: Place) -> None:
    with pytest.raises(TrackingError, match=r"cannot be used.*mend \[mlflow\] tracking_uri"):
        tracker.log(run_of(params={"no?name": "1"}))
    (run,) = client.search_runs([client.get_experiment_by_name(place.experiment).experiment_id])
    assert run.info.status == "FAILED"


def test_a_bundle_becomes_a_version_that_holds_the_whole_of_it(tracker: Tracker, client: Any, folder: Path) -> None:
    run_id = tracker.log(run_of())
    tracker.register(run_id, folder, CARD, version=7)
    (version,) = client.search_model_versions(f"run_id = '{run_id}'")
    assert version.tags == {"aisle_version": "7"}
    assert version.source == f"runs:/{run_id}/model"
    copy = Path(client.download_artifacts(run_id, "model"))
    card = json.loads((copy / "MLmodel").read_text())
    flavour = card["flavors"]["python_function"]
    assert (flavour["loader_module"], flavour["data"]) == ("tests.models.tiny", "000007")
    assert [one.name for one in sorted((copy / "000007").iterdir())] == sorted(one.name for one in folder.iterdir())
    for array in folder.glob("*.npy"):
        np.testing.assert_array_equal(np.load(copy / "000007" / array.name), np.load(array))


def test_the_alias_follows_and_goes_where_there_is_no_version(
    tracker: Tracker, client: Any, place: Place, folder: Path
) -> None:
    runs = [tracker.log(run_of()) for _ in range(2)]
    for number, run_id in enumerate(runs):
        tracker.register(run_id, folder, CARD, number)
        assert tracker.point_live(run_id)
        assert live_run(client, place.model) == run_id
    assert tracker.point_live(runs[0])
    assert live_run(client, place.model) == runs[0]
    assert not tracker.point_live(None)
    assert live_run(client, place.model) is None


def test_nothing_is_pointed_at_before_there_is_a_model(tracker: Tracker) -> None:
    assert not tracker.point_live("0" * 32)


def test_an_experiment_goes_on(place: Place, client: Any) -> None:
    for _ in range(2):
        Tracker(place).log(run_of())
    assert len(client.search_runs([client.get_experiment_by_name(place.experiment).experiment_id])) == 2


def test_what_goes_wrong_while_registering_is_told(tracker: Tracker, folder: Path) -> None:
    with pytest.raises(TrackingError, match=r"cannot be used.*not found"):
        tracker.register("0" * 32, folder, CARD, 7)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://127.0.0.1:9", "Connection refused"),
        ("nonsense://somewhere", "unsupported URI"),
        ("file:///somewhere", "maintenance mode"),
        ("sqlite:////proc/nowhere/mlflow.db", "No such file or directory"),
    ],
)
def test_a_place_that_is_none_is_refused_with_the_remedy(tmp_path: Path, uri: str, shown: str) -> None:
    trackers.needed("mlflow")
    began = time.monotonic()
    with pytest.raises(TrackingError, match=rf"{shown}.*mend \[mlflow\] tracking_uri in aisle.toml$"):
        Tracker(Place(uri, "aisle", "aisle", tmp_path))
    assert time.monotonic() - began < 30


def test_a_database_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    trackers.needed("mlflow")
    with pytest.raises(TrackingError, match="Connection refused") as raised:
        Tracker(Place("mysql+pymysql://root:secret@127.0.0.1:1/mlflow", "aisle", "aisle", tmp_path))
    assert "secret" not in str(raised.value)


def test_nobody_waits_as_long_as_mlflow_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trackers.needed("mlflow")
    monkeypatch.setattr(tracking, "ANSWER_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(TrackingError, match="no answer within 0 s"):
            Tracker(Place(f"http://127.0.0.1:{port}", "aisle", "aisle", tmp_path))


def test_behind_a_proxy_only_the_proxy_can_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trackers.needed("mlflow")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(TrackingError, match="Connection refused"):
        Tracker(Place("http://no-such-host.invalid", "aisle", "aisle", tmp_path))


def test_without_the_package_the_remedy_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    with pytest.raises(TrackingError, match=r"pip install 'aisle\[mlflow\]'"):
        Tracker(place)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("https://me:se@cret@host/path", "https://…@host/path"),
        ("sqlite:////shop/mlflow.db", "sqlite:////shop/mlflow.db"),
    ],
)
def test_passwords_are_not_shown(uri: str, shown: str) -> None:
    assert without_password(uri) == shown


def test_a_reason_is_what_the_system_said_or_how_the_error_begins() -> None:
    chained = ValueError("a long story")
    chained.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert reason(chained) == "[Errno 111] Connection refused"
    assert reason(ValueError("first\nsecond")) == "first"
    assert reason(ValueError()) == "ValueError"
    assert len(reason(ValueError("word " * 100))) <= 200
