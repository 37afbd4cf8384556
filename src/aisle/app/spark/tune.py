"""Trials on Spark: executors fit and judge a candidate each, as `app.tuning.objective` does, several at a time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aisle.app.progress import Progress
from aisle.app.settings import Settings
from aisle.app.spark.train import spark_session
from aisle.app.tuning.objective import TuningObjective
from aisle.shop.errors import AisleError

if TYPE_CHECKING:
    from aisle.app.tuning.search import Better
    from aisle.app.tuning.study import Study


@dataclass(frozen=True)
class Candidate:
    """What an executor does: answer a question with settings, or None if they cannot be fitted."""

    question: TuningObjective

    def __call__(self, settings: dict[str, Any]) -> float | None:
        """Return the mean figure."""
        try:
            return self.question.value(settings)
        except AisleError:
            return None


def search_on_spark(
    settings: Settings,
    study: "Study",
    question: TuningObjective,
    trials: int,
    deadline: float,
    progress: Progress,
    better: "Better | None",
) -> tuple[str, int]:
    """Make trials, as many at a time as Spark has cores; return why they ended, and how many could not be fitted.

    The next ones are drawn when all of a round are done, so that equal seeds and rounds give equal trials.
    """
    from aisle.prepare.spark.executors import cores, in_parallel

    failed = done = 0
    stage = f"tune {question.part.model}"
    best = study.trials[0].value if study.trials else float("-inf")
    progress(stage, 0, trials)
    with spark_session(settings) as spark:

        def score(asked: Sequence[dict[str, Any]]) -> list[float | None]:
            return in_parallel(spark, Candidate(question), asked)

        while done < trials:
            if time.perf_counter() >= deadline:
                return "timeout", failed
            many = min(cores(spark), trials - done)
            try:
                made = study.attempt_many(score, many)
            except KeyboardInterrupt:
                return "interrupted", failed
            failed += made.count(None)
            done += many
            for trial in sorted((one for one in made if one is not None), key=lambda one: one.value):
                if better and trial.value > best:
                    better(trial)
                best = max(best, trial.value)
            progress(stage, done, trials)
    return "trials", failed
