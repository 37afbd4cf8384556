"""Search for better settings of a model, on the weeks before the newest ones: those stay untouched for the gate."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import numpy as np

from aisle.app.data.settings_file import write_settings
from aisle.app.data.tables import read_tables
from aisle.app.progress import Progress, silent
from aisle.app.recipe import recipe_of
from aisle.app.settings import FILE, Settings
from aisle.app.train import DataSummary
from aisle.app.tuning.objective import TuningObjective, validation_weeks
from aisle.app.tuning.trials import STUDIES, Trial
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.evaluation.compare import Comparison
from aisle.recommenders.search_space import SPACES, Space, holds
from aisle.shop.errors import AisleError, SettingsError
from aisle.storage.connection import Database

if TYPE_CHECKING:
    from aisle.app.tuning.study import Study

BEST: Final = 5
"""How many of the best trials are shown."""


def _ignore(trial: Trial) -> None:
    """Do nothing with a better trial."""


@dataclass(frozen=True)
class SearchPlan:
    """How long to search, and what to do with the trials.

    Attributes
    ----------
    trials
        How many settings to try, besides the current ones. Ctrl-C ends the search and keeps the finished trials.
    seed
        The seed of the search; None: the seed of training.
    timeout
        No trial begins after so many seconds.
    write
        Whether the best settings go into `aisle.toml`, if they are better than the current ones.
    progress, better
        Called after each trial, and with each trial that is better than all before it.
    """

    trials: int
    seed: int | None = None
    timeout: float | None = None
    write: bool = False
    progress: Progress = silent
    better: Callable[[Trial], None] = _ignore


class SearchEnd(NamedTuple):
    """How a search ended."""

    stopped: str
    """Why it ended: `trials`, `timeout` or `interrupted`."""
    failed: int
    """How many settings could not be fitted."""


@dataclass(frozen=True)
class Measurement:
    """The work of a trial: measure settings, or return None if they cannot be fitted."""

    objective: TuningObjective

    def __call__(self, settings: dict[str, Any]) -> float | None:
        """Return the mean figure."""
        try:
            return self.objective.value(settings)
        except AisleError:
            return None


class Workers(NamedTuple):
    """Where trials run."""

    at_a_time: int
    measure: Callable[[Measurement, list[dict[str, Any]]], Sequence[float | None]]
    """Measures settings; the results are in their order."""


HERE: Final = Workers(1, lambda measurement, settings: list(map(measurement, settings)))
"""Trials run in this process, one after the other."""


class Tuned(msgspec.Struct, frozen=True):
    """The result of a search.

    Attributes
    ----------
    metric, target
        The metric that was maximised, and the kind of event that is predicted.
    cut, end, shoppers
        The validation window in microseconds, and how many of its shoppers have a figure.
    trials, added, failed
        How many finished trials the study holds, how many of them are new, and how many settings could not be fitted.
    stopped
        Why the search ended: `trials`, `timeout` or `interrupted`.
    current, current_value
        The settings of `aisle.toml`, every default written out, and the value that they reach.
    best
        The best trials, best first; the current settings are among them if they lie within the space.
    comparison
        The best settings against the current ones, paired by shopper; null if the current ones are the best.
        It is too optimistic, as the same window selected the best settings: `aisle train` measures on newer weeks.
    importance
        How much each setting matters; empty after few trials.
    written
        The file that the best settings were written into, or null.
    learnt_from
        The data that the settings were fitted on.
    history
        Every trial of the study, in the order of their numbers.
    run_id
        The run in MLflow; null without tracking.
    """

    model: str
    metric: str
    target: str
    cut: int
    end: int
    shoppers: int
    trials: int
    added: int
    failed: int
    stopped: str
    current: dict[str, Any]
    current_value: float
    best: list[Trial]
    comparison: Comparison | None
    importance: dict[str, float]
    written: str | None
    seconds: float
    learnt_from: DataSummary
    history: list[Trial]
    run_id: str | None = None


def _search(
    study: "Study", objective: TuningObjective, plan: SearchPlan, deadline: float, workers: Workers
) -> SearchEnd:
    """Make the trials of a plan until a deadline, as `time.perf_counter` counts.

    A round of trials is drawn when the round before is finished, so that equal seeds and rounds give equal trials.
    """
    failed = done = 0
    stage = f"tune {objective.spec.model}"
    best = study.trials[0].value if study.trials else float("-inf")
    measure = partial(workers.measure, Measurement(objective))
    plan.progress(stage, 0, plan.trials)
    while done < plan.trials:
        if time.perf_counter() >= deadline:
            return SearchEnd("timeout", failed)
        count = min(workers.at_a_time, plan.trials - done)
        try:
            trials = study.attempt(measure, count)
        except KeyboardInterrupt:
            return SearchEnd("interrupted", failed)
        failed += trials.count(None)
        done += count
        for trial in sorted(filter(None, trials), key=lambda trial: trial.value):
            if trial.value > best:
                plan.better(trial)
            best = max(best, trial.value)
        plan.progress(stage, done, plan.trials)
    return SearchEnd("trials", failed)


def tune(
    db: Database,
    settings: Settings,
    model: str,
    plan: SearchPlan,
    workers: AbstractContextManager[Workers] | None = None,
) -> Tuned:
    """Try settings of a model; a second call continues the search of the first, as long as the data is the same.

    Parameters
    ----------
    plan
        How long to search.
    workers
        Opens where the trials run; None: in this process.

    Raises
    ------
    SettingsError
        If Optuna is not installed, there is no such model, or it has nothing to tune.
    NotEnoughData
        If the log is too short to hold out two windows.
    StorageError
        If the database or the studies refuse.
    """
    _require_optuna()
    from aisle.app.tuning.study import Study

    started = time.perf_counter()
    recipe = recipe_of(settings, model)
    space = space_of(model)
    tables = read_tables(db, settings, plan.progress)
    objective = TuningObjective(recipe, validation_weeks(tables, recipe))
    name = f"{model}-{objective.fingerprint(space)}"
    study = Study(settings.folder / STUDIES, name, space, recipe.seed if plan.seed is None else plan.seed)
    current = objective.spec.settings
    current_value = objective.value(current)
    if holds(space, current):
        study.add(current, current_value)
    before = len(study.trials)
    deadline = started + (plan.timeout if plan.timeout is not None else np.inf)
    with workers or nullcontext(HERE) as opened:
        end = _search(study, objective, plan, deadline, opened)
    trials = study.trials
    improved = bool(trials) and trials[0].value > current_value
    written = plan.write and improved
    if written:
        write_settings(settings.folder / FILE, ("models", model), trials[0].settings)
    return Tuned(
        model=model,
        metric=objective.metric,
        target=objective.target,
        cut=objective.holdout.window.cut,
        end=objective.holdout.window.end,
        shoppers=int(np.isfinite(objective.figures(current)).sum()),
        trials=len(trials),
        added=len(trials) - before,
        failed=end.failed,
        stopped=end.stopped,
        current=current,
        current_value=current_value,
        best=trials[:BEST],
        comparison=objective.compare(current, trials[0].settings) if improved else None,
        importance=study.importance(),
        written=str(settings.folder / FILE) if written else None,
        seconds=time.perf_counter() - started,
        learnt_from=DataSummary.of(objective.holdout.train),
        history=sorted(trials, key=lambda trial: trial.number),
    )


def space_of(model: str) -> Space:
    """Return the search space of a model.

    Raises
    ------
    SettingsError
        If there are none.
    """
    if model == HYBRID:
        raise SettingsError("hybrid has nothing to tune: its ranker is learnt; tune its sources, such as als")
    space = SPACES[model]
    if not space:
        tunable = ", ".join(name for name, ranges in SPACES.items() if ranges)
        raise SettingsError(f"{model} has no settings to tune; choose one of {tunable}")
    return space


def _require_optuna() -> None:
    if find_spec("optuna") is None:
        raise SettingsError("tuning needs Optuna: pip install 'aisle[tune]'")
