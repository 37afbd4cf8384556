"""Search for better settings of a model, on the weeks before the newest ones: those stay untouched for the verdict."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from aisle.app.data.settings_file import write_settings
from aisle.app.progress import Progress, silent
from aisle.app.recipe import Recipe
from aisle.app.settings import FILE, Settings
from aisle.app.tracking.tracker import track_tuning
from aisle.app.training.measuring import catalogued, read_catalogue, read_training_events
from aisle.app.tuning.objective import TuningObjective, weeks_before_newest
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.evaluation.compare import Comparison
from aisle.recommenders.search_space import SPACES, Space, holds
from aisle.shop.errors import AisleError, SettingsError
from aisle.storage.connection import Database

if TYPE_CHECKING:
    from aisle.app.tuning.study import Study, Trial

STUDIES: Final = "studies.db"
"""The file in the shop's folder that keeps the trials."""

BEST: Final = 5
"""How many of the best trials are told."""

Better = Callable[["Trial"], None]
"""Called with each trial that is better than all before it."""


class Tuned(msgspec.Struct, frozen=True):
    """What a search came to.

    Attributes
    ----------
    model
        Whose settings they are.
    metric, target
        What was made as large as possible, and the kind of event that was asked about.
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
    best: "list[Trial]"
    comparison: Comparison | None
    importance: dict[str, float]
    written: str | None
    seconds: float
    run_id: str | None = None


def tune(
    db: Database,
    settings: Settings,
    model: str,
    trials: int,
    *,
    seed: int | None = None,
    timeout: float | None = None,
    write: bool = False,
    progress: Progress = silent,
    better: Better | None = None,
    on_spark: bool = False,
) -> Tuned:
    """Try settings of a model; a second call goes on where the first one ended, as long as the data is the same.

    Parameters
    ----------
    db, settings
        The shop.
    model
        Its name.
    trials
        How many settings to try, besides the current ones. Ctrl-C ends the search and keeps what is done.
    seed
        Draws the settings; by default the one that models are trained with.
    timeout
        After so many seconds no trial is begun.
    write
        Whether the best settings go into `aisle.toml`, if they are better than the current ones.
    progress, better
        Who is told of each trial, and of the best so far.
    on_spark
        Whether Spark's executors make the trials, as many at a time as they have cores.

    Raises
    ------
    SettingsError
        If Optuna or PySpark is not installed, there is no such model, or it has nothing to tune.
    SparkError
        If Spark fails; the trials until then stay.
    NotEnoughData
        If the log is too short to hold out two windows.
    StorageError
        If the database or the studies refuse.
    """
    _require_optuna()
    from aisle.app.tuning.study import Study

    started = time.perf_counter()
    recipe = Recipe.from_settings(settings, model)
    space = searched(model)
    window = weeks_before_newest(read_training_events(db, settings, progress), recipe.weights)
    question = TuningObjective(recipe, catalogued(read_catalogue(db), window))
    name = f"{model}-{question.fingerprint(space)}"
    study = Study(settings.folder / STUDIES, name, space, recipe.seed if seed is None else seed)
    now = question.part.settings
    current = question.value(now)
    if holds(space, now):
        study.add(now, current)
    before = len(study.trials)
    deadline = started + timeout if timeout is not None else float("inf")
    if on_spark:
        from aisle.app.spark.tune import search_on_spark

        stopped, failed = search_on_spark(settings, study, question, trials, deadline, progress, better)
    else:
        stopped, failed = _search(study, question, trials, deadline, progress, better)
    best = study.trials[:BEST]
    improved = bool(best) and best[0].value > current
    if write and improved:
        write_settings(settings.folder / FILE, ("models", model), best[0].settings)
    tuned = Tuned(
        model=model,
        metric=question.metric,
        target=question.target,
        cut=question.holdout.window.cut,
        end=question.holdout.window.end,
        shoppers=int(np.isfinite(question.figures(now)).sum()),
        trials=len(study.trials),
        added=len(study.trials) - before,
        failed=failed,
        stopped=stopped,
        current=now,
        current_value=current,
        best=best,
        comparison=question.compare(now, best[0].settings) if improved else None,
        importance=study.importance(),
        written=str(settings.folder / FILE) if write and improved else None,
        seconds=time.perf_counter() - started,
    )
    run_id = track_tuning(settings, question.holdout.train, tuned, study.trials)
    return msgspec.structs.replace(tuned, run_id=run_id)


def searched(model: str) -> Space:
    """Return what is searched of a model.

    Raises
    ------
    SettingsError
        If there is nothing.
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


def _search(
    study: "Study", question: TuningObjective, trials: int, deadline: float, progress: Progress, better: Better | None
) -> tuple[str, int]:
    """Make trials; return why they ended, and how many settings could not be fitted."""
    failed = 0
    stage = f"tune {question.part.model}"
    best = study.trials[0].value if study.trials else float("-inf")
    progress(stage, 0, trials)
    for done in range(trials):
        if time.perf_counter() >= deadline:
            return "timeout", failed
        try:
            trial = study.attempt(question.value)
        except KeyboardInterrupt:
            return "interrupted", failed
        except AisleError:
            failed += 1
        else:
            if better and trial.value > best:
                better(trial)
            best = max(best, trial.value)
        progress(stage, done + 1, trials)
    return "trials", failed
