"""MLflow: what each training was, and which of its models is live. Nothing else imports it, and only where wanted.

Whatever MLflow raises becomes a `TrackingError`, and nothing here takes long when nobody answers: MLflow itself would
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
"""Where the model lies among the artifacts of its run."""

KNOCKING: Final = 5.0
"""Whoever does not open the door within so many seconds is not there."""

PATIENCE: Final = 30.0
"""So many seconds a server or a database may take for its first answer."""

FIRST_TIME: Final = 120.0
"""So many has a file: it is there or not, but a slow machine takes its time to make the tables."""

PORTS: Final = {"http": 80, "https": 443, "mysql": 3306, "postgresql": 5432, "mssql": 1433}
"""Where a server listens unless the URI says otherwise."""

AT_ONCE: Final = 100
"""How many parameters MLflow takes in one call."""

FEW_WORDS: Final = 200
"""So many letters of an error are told."""

_DEFAULTS: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # what a shop does is its own business
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_DATABRICKS_ENDPOINT_HTTP_RETRY_TIMEOUT": "30",
}
"""What MLflow reads from the environment as it is imported; whoever has set it otherwise is heard."""

T = TypeVar("T")


class Place(msgspec.Struct, frozen=True):
    """Where runs and models go.

    Attributes
    ----------
    uri
        The tracking server, or the database that MLflow keeps itself.
    experiment, model
        The names that they have there.
    artifacts
        Where files go if no server takes them.
    """

    uri: str
    experiment: str
    model: str
    artifacts: Path


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be told of a training or a search.

    Attributes
    ----------
    name
        What people call it.
    params, metrics, tags
        What it was given, what it came to, and what else it is known by.
    series
        Metrics that have a value at each of several steps.
    files
        The text of each file that goes with it.
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
        Where they are; what is missing there is made.

    Raises
    ------
    TrackingError
        If MLflow is not installed, does not answer, or refuses.
    """

    def __init__(self, place: Place) -> None:
        if find_spec("mlflow") is None:
            raise TrackingError("MLflow is not installed: pip install 'aisle[mlflow]'")
        for name, value in _DEFAULTS.items():
            os.environ.setdefault(name, value)
        self._place = place
        local = urlsplit(place.uri).scheme.startswith("sqlite")
        with self._told():
            _knock(place.uri)
            self._client, self._experiment = _within(FIRST_TIME if local else PATIENCE, lambda: _reach(place))

    def log(self, run: Run) -> str:
        """Write down a run and return its id; a run that could not be written down whole counts as failed.

        Raises
        ------
        TrackingError
            If MLflow refuses.
        """
        with self._told():
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
        """Put a file to a run that was written down before.

        Raises
        ------
        TrackingError
            If MLflow refuses.
        """
        with self._told():
            self._client.log_text(run_id, text, file)

    def register(self, run_id: str, bundle: Path, described: Mapping[str, Any], version: int) -> None:
        """Put a bundle to its run as a model that MLflow can load, and register it as a new version.

        Parameters
        ----------
        bundle
            Its folder.
        described
            The module that loads it (`loader_module`), and what that is given and gives (`signature`).
        version
            What Aisle calls it; MLflow counts by itself.

        Raises
        ------
        TrackingError
            If MLflow refuses.
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
        with self._told():
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
        """Let the alias `live` point at the version of a run, or nowhere if there is none; return whether there is one.

        Raises
        ------
        TrackingError
            If MLflow refuses.
        """
        with self._told():
            # One condition: the registry of Databricks knows no more.
            found = self._client.search_model_versions(f"run_id = '{run_id}'") if run_id else []
            versions = [one.version for one in found if one.name == self._place.model]
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
        for start in range(0, max(len(params), len(metrics)), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            self._client.log_batch(run_id, metrics=metrics[some], params=params[some])
        for name, text in run.files.items():
            self._client.log_text(run_id, text, name)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn whatever goes wrong into one line.

        Anything may: MLflow's errors, those of its database, of HTTP clients, and of clouds that keep its files.
        """
        try:
            yield
        except Exception as error:
            raise TrackingError(
                f"MLflow at {shown(self._place.uri)} cannot be used: {reason(error)}; "
                "see that it runs, or mend [mlflow] tracking_uri in aisle.toml"
            ) from error


def shown(uri: str) -> str:
    """Return a URI as it may be told: without a password."""
    user, at, rest = uri.rpartition("@")
    return f"{user.split('://')[0]}://…@{rest}" if at else uri


def reason(error: BaseException) -> str:
    """Return why something failed in a few words: what the system said where it did, or how the error begins."""
    system: BaseException | None = None
    link: BaseException | None = error
    while link is not None:
        system = link if isinstance(link, OSError) else system
        link = link.__cause__ or link.__context__
    lines = str(system or error).strip().splitlines() or [type(error).__name__]
    return textwrap.shorten(lines[0], FEW_WORDS, placeholder=" …")


def _knock(uri: str) -> None:
    """Make sure that somebody is there, for MLflow would try again for minutes; behind a proxy, only it can tell."""
    parts = urlsplit(uri)
    port = parts.port or PORTS.get(parts.scheme.split("+")[0])
    if parts.hostname and port and parts.scheme not in getproxies():
        socket.create_connection((parts.hostname, port), KNOCKING).close()


def _reach(place: Place) -> "tuple[MlflowClient, str]":
    """Return a client, and the id of the experiment there."""
    from mlflow import MlflowClient

    client = MlflowClient(place.uri)
    found = client.get_experiment_by_name(place.experiment)
    if found is not None:
        return client, str(found.experiment_id)
    remote = urlsplit(place.uri).scheme.startswith(("http", "databricks")) or place.uri == "databricks"
    return client, client.create_experiment(place.experiment, None if remote else place.artifacts.as_uri())


def _within(seconds: float, work: Callable[[], T]) -> T:
    """Return what work comes to, in a thread of its own that is left alone if it takes longer.

    No setting bounds what MLflow waits for in all: it tries a database ten times over, each as long as that waits.
    """
    came: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            came.put((work(), None))
        except BaseException as error:  # told to whoever waits
            came.put((None, error))

    threading.Thread(target=run, daemon=True, name="aisle-mlflow").start()
    try:
        result, error = came.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"no answer within {seconds:.0f} s") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # there is a result where there is no error
