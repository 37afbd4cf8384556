"""A study of one model's settings, stored by Optuna in a database of its own; the only file that imports Optuna."""

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

MIN_TRIALS: Final = 5
"""With fewer trials, the importance of settings is only noise."""


class Study:
    """Trials of settings from one space, by tree-structured Parzen estimators (Bergstra et al., 2011).

    Parameters
    ----------
    file
        The SQLite database; created if it does not exist.
    name
        The name of the study; an existing study is continued.
    space
        The search space.
    seed
        Equal seeds and equal earlier trials give equal next settings.

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
            # SQLAlchemy, Alembic and Optuna each raise errors of their own for a file that is no database of theirs.
            raise StorageError(f"{file} cannot be used: {_first_line(error)}; move it away") from error

    @property
    def trials(self) -> list[Trial]:
        """The finished trials, best first."""
        finished = self._study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
        return sorted(map(self._trial, finished), key=lambda trial: (-trial.value, trial.number))

    def attempt(
        self, score: Callable[[list[dict[str, Any]]], Sequence[float | None]], count: int
    ) -> list[Trial | None]:
        """Score the most promising settings, several at once; the score None stands for settings that failed.

        They are drawn far from each other, as if each of the others had failed (constant liar). The seed depends on a
        trial's number, so that an interrupted study continues as if it had not been. An error of `score` is raised
        again, and the trials do not count.
        """
        open_trials = [self._ask(constant_liar=count > 1) for _ in range(count)]
        try:
            values = score([settle(self._space, trial.params) for trial in open_trials])
        except BaseException:
            for trial in open_trials:
                self._study.tell(trial, state=TrialState.FAIL)
            raise
        return [self._ended(trial, value) for trial, value in zip(open_trials, values, strict=True)]

    def _ask(self, *, constant_liar: bool) -> optuna.Trial:
        seed = self._seed + len(self._study.get_trials(deepcopy=False))
        self._study.sampler = TPESampler(seed=seed, constant_liar=constant_liar)
        return self._study.ask(self._distributions)

    def _ended(self, trial: optuna.Trial, value: float | None) -> Trial | None:
        if value is None:
            self._study.tell(trial, state=TrialState.FAIL)
            return None
        return self._trial(self._study.tell(trial, value))

    def add(self, settings: Mapping[str, Any], value: float) -> None:
        """Add settings from the space whose value is known, unless they were tried before."""
        params = settle(self._space, {name: settings[name] for name in self._space})
        if all(trial.settings != params for trial in self.trials):
            self._study.add_trial(create_trial(params=params, distributions=self._distributions, value=value))

    def importance(self) -> dict[str, float]:
        """Return how much each setting matters among the good trials, the most important first; the sum is 1.

        The method is PED-ANOVA (Watanabe, Bansal and Hutter, 2023), which takes milliseconds. Empty after few trials.
        """
        if len(self.trials) < MIN_TRIALS:
            return {}
        return get_param_importances(self._study, evaluator=PedAnovaImportanceEvaluator())

    def _trial(self, frozen: FrozenTrial) -> Trial:
        value = frozen.value
        assert value is not None, "a finished trial has a value"  # noqa: S101
        return Trial(frozen.number, settle(self._space, frozen.params), value)


def _distribution(setting: Range) -> BaseDistribution:
    if isinstance(setting, Choice):
        return CategoricalDistribution(setting.values)
    if isinstance(setting, Whole):
        return IntDistribution(setting.low, setting.high, log=setting.log)
    return FloatDistribution(setting.low, setting.high, log=setting.log)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
