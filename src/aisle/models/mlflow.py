"""MLflow: the trainings of a shop, and which of their models is live. No other module imports MLflow.

Whatever MLflow raises becomes a `TrackingError`, and nothing here takes long if no server answers: MLflow itself would
try again for minutes.
"""

import os
import socket
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from platform import python_version
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies

import msgspec

from aisle.shop.errors import TrackingError

if TYPE_CHECKING:
    from mlflow import MlflowClient

LIVE: Final = "live"
"""The alias of the version that answers shoppers."""

MODEL: Final = "model"
"""The folder of the model among the artifacts of its run."""

CONNECT_SECONDS: Final = 5.0
"""A server that does not accept a connection within this time is not there."""

ANSWER_SECONDS: Final = 30.0
"""The time that a server or a database has for its first answer."""

FILE_ANSWER_SECONDS: Final = 120.0
"""The same for a database file: it needs no server, but a slow machine takes long to create the tables."""

PORTS: Final = {"http": 80, "https": 443, "mysql": 3306, "postgresql": 5432, "mssql": 1433}
"""The ports of servers whose URI has none."""

BATCH: Final = 100
"""The number of parameters that MLflow takes in a call."""

LONGEST_REASON: Final = 200
"""The maximum number of characters of an error that are shown."""

_DEFAULTS: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # what a shop does is its own business
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_DATABRICKS_ENDPOINT_HTTP_RETRY_TIMEOUT": "30",
}
"""What MLflow reads from the environment when it is imported, where the environment does not say otherwise."""

T = TypeVar("T")


class Place(msgspec.Struct, frozen=True):
    """Where runs and models are logged.

    Attributes
    ----------
    uri
        The tracking server, or the database of MLflow itself.
    experiment, model
        Their names there.
    artifacts
        The folder of files, unless a server stores them.
    """

    uri: str
    experiment: str
    model: str
    artifacts: Path


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The log of a training or a search.

    Attributes
    ----------
    series
        Metrics with a value at each of several steps.
    files
        The text of each attached file.
    """

    name: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    series: Mapping[str, Mapping[int, float]] = {}
    files: Mapping[str, str] = {}


class Tracker:
    """An experiment and a registered model.

    Parameters
    ----------
    place
        Where they are; they are created if they are missing.

    Raises
    ------
    TrackingError
        If MLflow is not installed; from every method, if it does not answer, or refuses.
    """

    def __init__(self, place: Place) -> None:
        if find_spec("mlflow") is None:
            raise TrackingError("MLflow is not installed: pip install 'aisle[mlflow]'")
        for name, value in _DEFAULTS.items():
            os.environ.setdefault(name, value)
        self._place = place
        local = urlsplit(place.uri).scheme.startswith("sqlite")
        with self._as_one_line():
            _check_connection(place.uri)
            seconds = FILE_ANSWER_SECONDS if local else ANSWER_SECONDS
            self._client, self._experiment = _within(seconds, lambda: _reach(place))

    def log(self, run: Run) -> str:
        """Log a run and return its id; a run that could not be logged completely is marked as failed."""
        with self._as_one_line():
            run_id = str(self._client.create_run(self._experiment, tags=dict(run.tags), run_name=run.name).info.run_id)
            try:
                self._fill(run_id, run)
            except BaseException:
                with suppress(Exception):
                    self._client.set_terminated(run_id, "FAILED")
                raise
            self._client.set_terminated(run_id)
            return run_id

    def attach(self, run_id: str, file: str, text: str) -> None:
        """Attach a file to a logged run."""
        with self._as_one_line():
            self._client.log_text(run_id, text, file)

    def register(self, run_id: str, bundle: Path, described: Mapping[str, Any], version: int) -> None:
        """Attach a bundle to its run as a model that MLflow can load, and register it as a new version.

        Parameters
        ----------
        described
            The module that loads it (`loader_module`), and its input and output (`signature`).
        version
            Its number in Aisle; MLflow has numbers of its own.
        """
        import mlflow
        from mlflow.exceptions import MlflowException

        # YAML would do as well; MLflow's own writer needs pandas, which the small package does not bring.
        flavour = {"loader_module": described["loader_module"], "data": bundle.name, "python_version": python_version()}
        card = {
            "artifact_path": MODEL,
            "flavors": {"python_function": flavour},
            "mlflow_version": mlflow.__version__,
            "run_id": run_id,
            "signature": described["signature"],
        }
        with self._as_one_line():
            self._client.log_text(run_id, msgspec.json.format(msgspec.json.encode(card)).decode(), f"{MODEL}/MLmodel")
            self._client.log_artifacts(run_id, str(bundle), f"{MODEL}/{bundle.name}")
            try:
                self._client.create_registered_model(self._place.model)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            tags = {"aisle_version": str(version)}
            self._client.create_model_version(self._place.model, f"runs:/{run_id}/{MODEL}", run_id, tags=tags)

    def point_live(self, run_id: str | None) -> bool:
        """Point the alias `live` at the version of a run, or remove it if there is none; return whether there is."""
        with self._as_one_line():
            # A single condition: the registry of Databricks allows no more.
            of_run = self._client.search_model_versions(f"run_id = '{run_id}'") if run_id else []
            versions = [version.version for version in of_run if version.name == self._place.model]
            if versions:
                self._client.set_registered_model_alias(self._place.model, LIVE, str(versions[0]))
            elif self._client.search_registered_models(f"name = '{self._place.model}'"):
                self._client.delete_registered_model_alias(self._place.model, LIVE)
            return bool(versions)

    def _fill(self, run_id: str, run: Run) -> None:
        from mlflow.entities import Metric, Param

        moment = time.time_ns() // 1_000_000
        params = [Param(name, value) for name, value in run.params.items()]
        metrics = [Metric(name, value, moment, 0) for name, value in run.metrics.items()]
        metrics += [
            Metric(name, value, moment, step) for name, steps in run.series.items() for step, value in steps.items()
        ]
        for start in range(0, max(len(params), len(metrics)), BATCH):
            batch = slice(start, start + BATCH)
            self._client.log_batch(run_id, metrics=metrics[batch], params=params[batch])
        for name, text in run.files.items():
            self._client.log_text(run_id, text, name)

    @contextmanager
    def _as_one_line(self) -> Iterator[None]:
        """Turn any error into a `TrackingError` of one line.

        Anything may go wrong: MLflow, its database, HTTP clients, and clouds that store its files.
        """
        try:
            yield
        except Exception as error:
            raise TrackingError(
                f"MLflow at {without_password(self._place.uri)} cannot be used: {reason(error)}; "
                "see that it runs, or mend [mlflow] tracking_uri in aisle.toml"
            ) from error


def without_password(uri: str) -> str:
    """Return a URI for messages and logs."""
    user, at, rest = uri.rpartition("@")
    return f"{user.split('://')[0]}://…@{rest}" if at else uri


def reason(error: BaseException) -> str:
    """Return the reason of an error in a few words: that of the operating system if there is one, or the first line."""
    system: BaseException | None = None
    link: BaseException | None = error
    while link is not None:
        system = link if isinstance(link, OSError) else system
        link = link.__cause__ or link.__context__
    lines = str(system or error).strip().splitlines() or [type(error).__name__]
    return textwrap.shorten(lines[0], LONGEST_REASON, placeholder=" …")


def _check_connection(uri: str) -> None:
    """Try to connect, as MLflow would try again for minutes; behind a proxy, only MLflow can tell."""
    parts = urlsplit(uri)
    port = parts.port or PORTS.get(parts.scheme.split("+")[0])
    if parts.hostname and port and parts.scheme not in getproxies():
        socket.create_connection((parts.hostname, port), CONNECT_SECONDS).close()


def _reach(place: Place) -> "tuple[MlflowClient, str]":
    """Return a client, and the id of the experiment."""
    from mlflow import MlflowClient

    client = MlflowClient(place.uri)
    experiment = client.get_experiment_by_name(place.experiment)
    if experiment is not None:
        return client, str(experiment.experiment_id)
    remote = urlsplit(place.uri).scheme.startswith(("http", "databricks")) or place.uri == "databricks"
    return client, client.create_experiment(place.experiment, None if remote else place.artifacts.as_uri())


def _within(seconds: float, work: Callable[[], T]) -> T:
    """Return the result of work, which runs in a thread of its own and is abandoned if it takes longer.

    No setting of MLflow bounds its waiting in all: it tries a database ten times, each time for the database's timeout.
    """
    results: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            results.put((work(), None))
        except BaseException as error:  # raised in the waiting thread
            results.put((None, error))

    threading.Thread(target=run, daemon=True, name="aisle-mlflow").start()
    try:
        result, error = results.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"no answer within {seconds:.0f} s") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # there is a result where there is no error
