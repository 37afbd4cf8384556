"""Trials on Spark: each executor fits and measures settings, so that several trials run at a time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aisle.app.settings import Settings
from aisle.app.spark.session import spark_session
from aisle.app.tuning.objective import TuningObjective
from aisle.app.tuning.search import Search, SearchEnd, SearchPlan
from aisle.shop.errors import AisleError

if TYPE_CHECKING:
    from aisle.app.tuning.study import Study


@dataclass(frozen=True)
class Measurement:
    """The work of an executor: measure settings, or return None if they cannot be fitted."""

    objective: TuningObjective

    def __call__(self, settings: dict[str, Any]) -> float | None:
        """Return the mean figure."""
        try:
            return self.objective.value(settings)
        except AisleError:
            return None


def search_on_spark(settings: Settings) -> Search:
    """Return a search that runs as many trials at a time as Spark has cores.

    A round of trials is drawn when the round before is finished, so that equal seeds and rounds give equal trials. The
    search raises SettingsError if PySpark is not installed, and SparkError if Spark fails; finished trials are kept.
    """

    def search(study: "Study", objective: TuningObjective, plan: SearchPlan, deadline: float) -> SearchEnd:
        with spark_session(settings) as spark:
            from aisle.prepare.spark.executors import cores, in_parallel

            def score(settings_of_trials: Sequence[dict[str, Any]]) -> list[float | None]:
                return in_parallel(spark, Measurement(objective), settings_of_trials)

            failed = done = 0
            stage = f"tune {objective.spec.model}"
            best = study.trials[0].value if study.trials else float("-inf")
            plan.progress(stage, 0, plan.trials)
            while done < plan.trials:
                if time.perf_counter() >= deadline:
                    return SearchEnd("timeout", failed)
                count = min(cores(spark), plan.trials - done)
                try:
                    trials = study.attempt_many(score, count)
                except KeyboardInterrupt:
                    return SearchEnd("interrupted", failed)
                failed += trials.count(None)
                done += count
                for trial in sorted((trial for trial in trials if trial is not None), key=lambda trial: trial.value):
                    if trial.value > best:
                        plan.better(trial)
                    best = max(best, trial.value)
                plan.progress(stage, done, plan.trials)
        return SearchEnd("trials", failed)

    return search
