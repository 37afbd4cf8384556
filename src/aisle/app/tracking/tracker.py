"""Tracking of a shop's trainings, searches and promotions in MLflow, if the shop has switched it on.

Tracking never stops other work: a failure is only logged as a warning.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from aisle.app.settings import Settings
from aisle.app.tuning.trials import STUDIES
from aisle.models import registry
from aisle.shop.errors import AisleError, TrackingError
from aisle.storage.connection import Database

# Imported where it is used: a shop without tracking must not wait for it.
if TYPE_CHECKING:
    from aisle.app.experiments.experiments import Told
    from aisle.app.train import Trained
    from aisle.app.tuning.search import Tuned
    from aisle.models.mlflow import Place, Tracker

ARTIFACTS: Final = "mlruns"
"""The folder in the shop's folder for the files of runs, if there is no tracking server."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


def track_training(db: Database, settings: Settings, trained: "Trained") -> str | None:
    """Log a training with its bundle, and move the alias `live` if the model is live.

    Parameters
    ----------
    trained
        The result of the training; the model is registered already.

    Returns
    -------
    The id of the run; None without tracking, or if tracking failed.
    """

    def log_training(tracker: "Tracker") -> str:
        from aisle.app.tracking.flavour import CARD
        from aisle.app.tracking.runs import training_run
        from aisle.engine.recipe import Recipe

        recipe = Recipe.parse(registry.get(db, trained.version).recipe)
        run_id = tracker.log(training_run(settings.shop, recipe, trained))
        registry.note_run(db, trained.version, run_id)
        tracker.register(run_id, settings.bundles / f"{trained.version:06d}", CARD, trained.version)
        if trained.live:
            tracker.point_live(run_id)
        return run_id

    return _tracked(settings, f"model {trained.version} is not in MLflow", log_training)


def track_tuning(settings: Settings, tuned: "Tuned") -> str | None:
    """Log a search, and return the id of its run; None without tracking, or if tracking failed."""

    def log_search(tracker: "Tracker") -> str:
        from aisle.app.tracking.runs import tuning_run

        return tracker.log(tuning_run(settings.shop, tuned))

    return _tracked(settings, f"the search for settings of {tuned.model} is not in MLflow", log_search)


def track_experiments(settings: Settings) -> "Callable[[Told], object] | None":
    """Return what logs an experiment that was stopped, with its results; None without tracking."""
    if not settings.mlflow.enabled:
        return None

    def log_experiment(told: "Told") -> str | None:
        from aisle.app.tracking.runs import experiment_run

        name = f"{told.row.name}.{told.row.version}"
        return _tracked(
            settings,
            f"experiment {name} is not in MLflow",
            lambda tracker: tracker.log(experiment_run(settings.shop, told)),
        )

    return log_experiment


def attach(settings: Settings, run_id: str, file: str, text: str) -> None:
    """Add a file, such as a page with figures, to a run."""
    _tracked(settings, f"{file} is not in MLflow", lambda tracker: tracker.attach(run_id, file, text))


def follow_live(db: Database, settings: Settings) -> None:
    """Move the alias `live` to the model that is live now."""

    def point(tracker: "Tracker") -> None:
        row = registry.live(db)
        if row is not None and not tracker.point_live(row.run_id):
            raise TrackingError(
                f"MLflow has no version of model {row.version}, which was trained without it; run aisle train"
            )

    _tracked(settings, "the alias live is not where it should be in MLflow", point)


def place(settings: Settings) -> "Place":
    """Return where a shop's runs and models are tracked.

    Raises
    ------
    TrackingError
        If MLflow would share a database with the shop or with its studies; each needs tables of its own.
    """
    from aisle.models.mlflow import Place

    folder, uri = settings.folder.resolve(), settings.tracking_uri
    if uri in {settings.database_url, f"sqlite:///{folder / STUDIES}"}:
        raise TrackingError(
            "MLflow needs a database of its own: name another in [mlflow] tracking_uri of aisle.toml, "
            'such as "sqlite:///mlflow.db"'
        )
    return Place(uri, settings.mlflow.experiment, settings.mlflow.model, folder / ARTIFACTS)


def _tracked(settings: Settings, failure: str, work: "Callable[[Tracker], T]") -> T | None:
    """Do some work with the tracker, if the shop has one; log a warning if it fails."""
    if not settings.mlflow.enabled:
        return None
    from aisle.models.mlflow import Tracker

    try:
        return work(Tracker(place(settings)))
    except AisleError as error:
        _log.warning("%s: %s", failure, error)
        return None
