"""The experiments that run, followed by every process within about a second, and what a visitor sees in them."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from math import inf
from typing import Final, NamedTuple

import msgspec

from aisle.app.serving.placements import changed, placement_named
from aisle.engine.model import TrainedModel
from aisle.engine.placement import Placement
from aisle.engine.request import ShelfRequest
from aisle.experiments.assignment import Range, variant_of
from aisle.experiments.experiment import EVERYWHERE, Experiment
from aisle.shop.errors import AisleError, SettingsError, StorageError
from aisle.storage.connection import Database
from aisle.storage.shelves import experiments
from aisle.storage.shelves.experiments import ExperimentRow

CHECK_SECONDS: Final = 0.5
"""How old the answer to "which experiments run?" may be."""

RETRY_SECONDS: Final = 60.0
"""After how long a model of a variant that could not be loaded is tried again: its files may be restored."""

_log = logging.getLogger(__name__)


class Running(NamedTuple):
    """An experiment that runs."""

    experiment: Experiment
    where: Range
    models: Mapping[int, TrainedModel]
    """The models of its variants, by version."""


class Seen(NamedTuple):
    """What a visitor sees on a placement."""

    placement: Placement
    model: TrainedModel
    variant: str | None = None
    """What stands in the impression; None outside of experiments."""
    is_holdout: bool = False
    """Whether the shelf stays empty on purpose."""


class ExperimentWatch:
    """Keeps the experiments that run in memory.

    An experiment counts for this process as soon as the models of its variants are loaded; one of which a model cannot
    be loaded counts for nobody until it can.

    Parameters
    ----------
    db
        Where they are read; if it does not answer, those read last count.
    load
        Loads a model by its version.
    """

    def __init__(self, db: Database, load: Callable[[int], TrainedModel]) -> None:
        self._db = db
        self._load = load
        self._lock = threading.Lock()
        self._rows: list[ExperimentRow] | None = None
        self._running: tuple[Running, ...] = ()
        self._checked = -CHECK_SECONDS
        self._retry = inf
        self._built: tuple[Mapping[str, Placement], dict[str, Placement]] = ({}, {})
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def seen_by(self, placements: Mapping[str, Placement], request: ShelfRequest, model: TrainedModel) -> Seen:
        """Return what fills the shelf that a visitor asks for; `model` is the live one.

        Raises
        ------
        NotFound
            If there is no such placement.
        """
        name, user, session = request.placement, request.user_id, request.session_id
        seen = Seen(placement_named(placements, name), model)
        if user is None and session is None:  # nobody, such as while a model is made ready
            return seen
        for running in self.current():
            experiment = running.experiment
            unit = (user or session) if experiment.unit == "user" else (session or user)
            if experiment.placement not in (name, EVERYWHERE):
                continue
            variant = variant_of(experiment, running.where, unit or "")
            if variant is None:
                continue
            label = experiment.label(variant)
            placement = self._placement(placements, name, label, variant.settings) if variant.settings else None
            seen = Seen(
                placement or seen.placement,
                seen.model if variant.model is None else running.models[variant.model],
                label if seen.variant is None else f"{seen.variant} {label}",
                seen.is_holdout or variant.holdout,
            )
        return seen

    def current(self) -> tuple[Running, ...]:
        """Return those that run at this moment."""
        is_due = self._thread is None and time.monotonic() - self._checked >= CHECK_SECONDS
        # Who comes while another request looks gets what was known before.
        if is_due and self._lock.acquire(blocking=self._rows is None):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._running

    def follow(self) -> None:
        """Look in a thread from now on, so that no request waits for a model."""
        self._look()
        self._thread = threading.Thread(target=self._follow, name="aisle-experiment-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _follow(self) -> None:
        while not self._stopped.wait(CHECK_SECONDS):
            self._look()

    def _look(self) -> None:
        try:
            rows = experiments.running(self._db)
        except StorageError:
            rows = self._rows or []  # whoever keeps the models says that the database is away
        if rows != self._rows or time.monotonic() >= self._retry:
            known = {version: model for running in self._running for version, model in running.models.items()}
            read = [self._running_of(row, known) for row in rows]
            self._running = tuple(running for running in read if running is not None)
            self._rows = rows
            self._retry = time.monotonic() + RETRY_SECONDS if None in read else inf
        self._checked = time.monotonic()

    def _running_of(self, row: ExperimentRow, known: Mapping[int, TrainedModel]) -> Running | None:
        experiment = msgspec.json.decode(row.definition, type=Experiment)
        versions = {variant.model for variant in experiment.variants if variant.model is not None}
        try:
            models = {version: known.get(version) or self._load(version) for version in versions}
        except AisleError as error:
            _log.warning("experiment %s does not count: %s", row.name, error)
            return None
        return Running(experiment, Range(row.first, row.reach), models)

    def _placement(
        self, placements: Mapping[str, Placement], name: str, label: str, settings: Mapping[str, object]
    ) -> Placement:
        """Return a placement as a variant changes it, made once for as long as the placements are the same."""
        base, built = self._built
        if base is not placements:
            built = {}
            self._built = placements, built
        if label not in built:
            try:
                built[label] = changed(placements[name], settings)
            except SettingsError as error:
                _log.warning("variant %s changes nothing any more: %s", label, error)
                built[label] = placements[name]
        return built[label]
