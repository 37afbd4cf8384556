"""Search for better settings of a model, on the weeks before the newest ones: those stay untouched for the verdict."""

import time
from collections.abc import Callable
from dataclasses import dataclass
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
from aisle.app.training.measuring import known_before
from aisle.app.tuning.objective import TuningObjective, validation_weeks, validation_window
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


def _nobody(trial: Trial) -> None:
    """Pass over a better trial."""


@dataclass(frozen=True)
class SearchPlan:
    """How long to search, and who follows it.

    Attributes
    ----------
    trials
        How many settings to try, besides the current ones. Ctrl-C ends the search and keeps what is done.
    seed
        Draws the settings; None: the seed that models are trained with.
    timeout
        After so many seconds no trial is begun.
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
    better: Callable[[Trial], None] = _nobody


class SearchEnd(NamedTuple):
    """How a search ended."""

    stopped: str
    """Why: `trials`, `timeout` or `interrupted`."""
    failed: int
    """How many settings could not be fitted."""


Search = Callable[["Study", TuningObjective, SearchPlan, float], SearchEnd]
"""Makes the trials of a plan until a deadline, as `time.perf_counter` counts."""


class Tuned(msgspec.Struct, frozen=True):
    """What a search came to.

    Attributes
    ----------
    model
        Whose settings they are.
    metric, target
        What was made as large as possible, and the kind of event that counts.
    cut, end, shoppers
        The validation window in microseconds, and how many shoppers it asks about.
    trials, added, failed
        How many trials the study holds that ended well, how many of them are new, and how many could not be fitted.
    stopped
        Why no more were made: `trials`, `timeout` or `interrupted`.
    current, current_value
        The settings of `aisle.toml`, every default written out, and what they reach.
    best
        The best trials, best first; the current settings are among them if they lie within the space.
    comparison
        The best settings against the current ones, paired by shopper; null if the current ones are the best.
        The window chose the best settings, so it flatters them: `aisle train` judges on newer weeks.
    importance
        How much each setting matters; empty after a few trials.
    written
        The file that the best settings were written into, or null.
    seconds
        How long it took.
    learnt_from
        What the settings were fitted on.
    history
        Every trial of the study, in the order of their numbers.
    run_id
        The run that shows it in MLflow; null if none does.
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


def search_locally(study: "Study", objective: TuningObjective, plan: SearchPlan, deadline: float) -> SearchEnd:
    """Make trials one after the other."""
    failed = 0
    stage = f"tune {objective.spec.model}"
    best = study.trials[0].value if study.trials else float("-inf")
    plan.progress(stage, 0, plan.trials)
    for number in range(plan.trials):
        if time.perf_counter() >= deadline:
            return SearchEnd("timeout", failed)
        try:
            trial = study.attempt(objective.value)
        except KeyboardInterrupt:
            return SearchEnd("interrupted", failed)
        except AisleError:
            failed += 1
        else:
            if trial.value > best:
                plan.better(trial)
            best = max(best, trial.value)
        plan.progress(stage, number + 1, plan.trials)
    return SearchEnd("trials", failed)


def tune(db: Database, settings: Settings, model: str, plan: SearchPlan, search: Search = search_locally) -> Tuned:
    """Try settings of a model; a second call goes on where the first one ended, as long as the data is the same.

    Parameters
    ----------
    db, settings
        The shop.
    model
        Its name.
    plan
        How long to search.
    search
        Makes the trials: here, or on Spark.

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
    known = known_before(tables, validation_window(tables.events), recipe.seed)
    objective = TuningObjective(recipe, validation_weeks(known, recipe))
    name = f"{model}-{objective.fingerprint(space)}"
    study = Study(settings.folder / STUDIES, name, space, recipe.seed if plan.seed is None else plan.seed)
    current = objective.spec.settings
    current_value = objective.value(current)
    if holds(space, current):
        study.add(current, current_value)
    before = len(study.trials)
    end = search(study, objective, plan, started + (plan.timeout if plan.timeout is not None else np.inf))
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
    """Return which settings of a model are searched.

    Raises
    ------
    SettingsError
        If there are none.
    """
    if model == HYBRID:
        raise SettingsError("hybrid has nothing to tune: its ranker learns by itself; tune its sources, such as als")
    space = SPACES[model]
    if not space:
        tunable = ", ".join(name for name, ranges in SPACES.items() if ranges)
        raise SettingsError(f"{model} has no settings to tune; choose one of {tunable}")
    return space


def _require_optuna() -> None:
    if find_spec("optuna") is None:
        raise SettingsError("tuning needs Optuna: pip install 'aisle[tune]'")
