"""Trials on Spark: executors fit and measure settings each, as a search here does, several at a time."""

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
class Candidate:
    """What an executor does: measure some settings, or return None if they cannot be fitted."""

    objective: TuningObjective

    def __call__(self, settings: dict[str, Any]) -> float | None:
        """Return the mean figure."""
        try:
            return self.objective.value(settings)
        except AisleError:
            return None


def search_on_spark(settings: Settings) -> Search:
    """Return a search that makes as many trials at a time as Spark has cores.

    The next ones are drawn when a whole round is done, so that equal seeds and rounds give equal trials.

    Raises
    ------
    SettingsError, SparkError
        The search does, if PySpark is not installed or Spark fails; the trials until then stay.
    """

    def search(study: "Study", objective: TuningObjective, plan: SearchPlan, deadline: float) -> SearchEnd:
        with spark_session(settings) as spark:
            from aisle.prepare.spark.log import cores, in_parallel

            def score(candidates: Sequence[dict[str, Any]]) -> list[float | None]:
                return in_parallel(spark, Candidate(objective), candidates)

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
