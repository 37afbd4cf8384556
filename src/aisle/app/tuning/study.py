"""A study of one model's settings, kept by Optuna in a database of its own; the only file that knows Optuna."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from aisle.app.tuning.trials import Trial
from aisle.recommenders.search_space import Choice, Range, Space, Whole, settle
from aisle.shop.errors import StorageError

FEWEST: Final = 5
"""With fewer trials, importance is noise."""


class Study:
    """Trials of settings from one space, by tree-structured Parzen estimators (Bergstra et al., 2011).

    Parameters
    ----------
    file
        The SQLite database; made where there is none.
    name
        The study in it; one that is there goes on.
    space
        What is searched.
    seed
        Equal seeds and trials so far give equal next settings.

    Raises
    ------
    StorageError
        If the file cannot be used.
    """

    def __init__(self, file: Path, name: str, space: Space, seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space = space
        self._distributions = {name: _distribution(setting) for name, setting in space.items()}
        self._seed = seed
        try:
            self._study = optuna.create_study(
                storage=f"sqlite:///{file}", study_name=name, direction="maximize", load_if_exists=True
            )
        except Exception as error:
            # Whatever SQLAlchemy, Alembic and Optuna make of a file that is no database of theirs.
            raise StorageError(f"{file} cannot be used: {_first_line(error)}; move it away") from error

    @property
    def trials(self) -> list[Trial]:
        """What was tried to the end, best first."""
        done = self._study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
        return sorted(map(self._trial, done), key=lambda trial: (-trial.value, trial.number))

    def attempt(self, score: Callable[[dict[str, Any]], float]) -> Trial:
        """Score the settings that look most promising; what `score` raises goes through, and the trial does not count.

        Drawing anew for each trial's number makes an interrupted study go on as if nothing had happened.
        """
        trial = self._ask()
        try:
            value = score(settle(self._space, trial.params))
        except BaseException:
            self._study.tell(trial, state=TrialState.FAIL)
            raise
        return self._trial(self._study.tell(trial, value))

    def attempt_many(
        self, score: Callable[[Sequence[dict[str, Any]]], Sequence[float | None]], count: int
    ) -> list[Trial | None]:
        """Score several settings at once, as far from each other as if each were a failure; None has no value.

        What `score` raises goes through, and the trials do not count.
        """
        open_trials = [self._ask(constant_liar=True) for _ in range(count)]
        try:
            values = score([settle(self._space, trial.params) for trial in open_trials])
        except BaseException:
            for trial in open_trials:
                self._study.tell(trial, state=TrialState.FAIL)
            raise
        return [self._ended(trial, value) for trial, value in zip(open_trials, values, strict=True)]

    def _ask(self, *, constant_liar: bool = False) -> optuna.Trial:
        seed = self._seed + len(self._study.get_trials(deepcopy=False))
        self._study.sampler = TPESampler(seed=seed, constant_liar=constant_liar)
        return self._study.ask(self._distributions)

    def _ended(self, trial: optuna.Trial, value: float | None) -> Trial | None:
        if value is None:
            self._study.tell(trial, state=TrialState.FAIL)
            return None
        return self._trial(self._study.tell(trial, value))

    def add(self, settings: Mapping[str, Any], value: float) -> None:
        """Enter settings from the space whose value is known, unless they were tried."""
        chosen = settle(self._space, {name: settings[name] for name in self._space})
        if all(trial.settings != chosen for trial in self.trials):
            self._study.add_trial(create_trial(params=chosen, distributions=self._distributions, value=value))

    def importance(self) -> dict[str, float]:
        """Return how much each setting matters among the good trials, most first, summing to 1; empty after too few.

        By PED-ANOVA (Watanabe, Bansal and Hutter, 2023), which costs milliseconds.
        """
        if len(self.trials) < FEWEST:
            return {}
        return get_param_importances(self._study, evaluator=PedAnovaImportanceEvaluator())

    def _trial(self, frozen: FrozenTrial) -> Trial:
        value = frozen.value
        assert value is not None, "a trial that ended has one"  # noqa: S101
        return Trial(frozen.number, settle(self._space, frozen.params), value)


def _distribution(setting: Range) -> BaseDistribution:
    if isinstance(setting, Choice):
        return CategoricalDistribution(setting.values)
    if isinstance(setting, Whole):
        return IntDistribution(setting.low, setting.high, log=setting.log)
    return FloatDistribution(setting.low, setting.high, log=setting.log)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
