"""Search for the weights of refunds and ratings that rank best what the shop's own shoppers do next."""

import time
from collections.abc import Callable, Collection
from typing import Final

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.app.data.settings_file import write_settings
from aisle.app.data.tables import read_tables
from aisle.app.progress import Progress, silent
from aisle.app.recipe import recipe_of
from aisle.app.settings import FILE, Settings
from aisle.app.training.measuring import hold_out_weeks, known_before
from aisle.app.tuning.objective import TuningObjective, choose_validation
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.evaluation.compare import Comparison, Finding, compare
from aisle.prepare.weigh import Weights
from aisle.shop.columns import EVENT
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import EventKind
from aisle.storage.connection import Database

SECTION: Final = "weights"
"""The section of the weights in `aisle.toml`."""

STRENGTHS: Final = {
    EventKind.REFUND.value: (0.5, 1.0, 1.5, 2.0, 3.0),
    EventKind.RATE.value: (0.0, 0.5, 1.0, 2.0, 3.0),
}
"""The strengths that are tried for each weight; the weights are settled in this order."""

INSTEAD_OF_HYBRID: Final = "als"
"""The model that is measured in a shop with a hybrid: weights only reach a hybrid through sources such as this one."""

Figures = Callable[[Weights], NDArray[np.float64]]


class Tried(msgspec.Struct, frozen=True):
    """One strength of one weight, and the mean figure that it reached."""

    name: str
    strength: float
    value: float


class Weighed(msgspec.Struct, frozen=True):
    """The result of a search for weights.

    Attributes
    ----------
    model, metric
        The model that was measured, and the metric that was maximised.
    cut, end, shoppers
        The validation window in microseconds, and how many of its shoppers have a figure.
    current, learnt
        The weights of `aisle.toml`, and the best weights; the same if no others are significantly better.
    tried
        Every strength, in the order of trial.
    comparison
        The learnt weights against the current ones, paired by shopper; null if they are the same.
    written
        The file that the learnt weights were written into, or null.
    """

    model: str
    metric: str
    cut: int
    end: int
    shoppers: int
    current: dict[str, float]
    learnt: dict[str, float]
    tried: list[Tried]
    comparison: Comparison | None
    written: str | None
    seconds: float


def weigh(db: Database, settings: Settings, *, write: bool = False, progress: Progress = silent) -> Weighed:
    """Try strengths of refunds and ratings on the weeks before the newest ones, which stay untouched.

    Parameters
    ----------
    write
        Whether the learnt weights go into `aisle.toml`, if they are better than the current ones.

    Raises
    ------
    NotEnoughData
        If the log is too short to hold out two windows, or has neither refunds nor ratings beside other events.
    SettingsError
        If a setting is out of range.
    FileError
        If `aisle.toml` cannot be written.
    """
    started = time.perf_counter()
    recipe = recipe_of(settings, INSTEAD_OF_HYBRID if settings.train.model == HYBRID else None)
    tables = read_tables(db, settings, progress)
    weeks = choose_validation(tables, recipe)
    known = known_before(tables, weeks.window, recipe.seed)
    window = hold_out_weeks(known, recipe, weeks)
    names = learnable(known.events, window.target)
    tried: list[Tried] = []
    steps = 1 + sum(map(len, (STRENGTHS[name] for name in names)))
    measured: dict[bytes, NDArray[np.float64]] = {}

    def figures(weights: Weights) -> NDArray[np.float64]:
        key = msgspec.json.encode(weights)
        if key not in measured:
            other = msgspec.structs.replace(recipe, weights=weights)
            measured[key] = TuningObjective(other, hold_out_weeks(known, other, weeks)).figures({})
            progress("weigh", len(measured), steps)
        return measured[key]

    learnt = learn_weights(recipe.weights, figures, names, seed=recipe.seed, on_trial=tried.append)
    before, after = figures(recipe.weights), figures(learnt)
    better = learnt != recipe.weights
    if write and better:
        write_settings(settings.folder / FILE, (SECTION,), {name: getattr(learnt, name) for name in names})
    return Weighed(
        model=recipe.model,
        metric=TuningObjective(recipe, window).metric,
        cut=window.window.cut,
        end=window.window.end,
        shoppers=int(np.isfinite(before).sum()),
        current={name: getattr(recipe.weights, name) for name in names},
        learnt={name: getattr(learnt, name) for name in names},
        tried=tried,
        comparison=compare(before, after, seed=recipe.seed) if better else None,
        written=str(settings.folder / FILE) if write and better else None,
        seconds=time.perf_counter() - started,
    )


def learnable(events: pl.DataFrame, target: EventKind) -> list[str]:
    """Return the weights that can be learnt from a log: those of the kinds of events in it, except the target.

    Raises
    ------
    NotEnoughData
        If there are none.
    """
    kinds = set(events[EVENT].unique()) - {target.value}
    names = [name for name in STRENGTHS if name in kinds]
    if not names:
        raise NotEnoughData(
            "this log has no refunds, and no ratings beside purchases: there is nothing to weigh; import refunds, "
            "ratings or reviews"
        )
    return names


def learn_weights(
    weights: Weights,
    figures: Figures,
    names: Collection[str] = tuple(STRENGTHS),
    *,
    seed: int,
    on_trial: Callable[[Tried], None] = lambda _: None,
) -> Weights:
    """Return the weights with the best strengths of refunds and ratings.

    The weights are settled one after the other. Each of `STRENGTHS` is tried, and the one with the highest mean
    replaces the current strength if it is significantly better: a shop with few refunds keeps its settings.

    Parameters
    ----------
    weights
        The weights of the settings.
    figures
        Measures weights on a validation window, never on a test window: a figure per shopper, higher is better,
        (shoppers,); always the same shoppers in the same order, NaN where there is no figure.
    names
        The weights that are tried.
    seed
        Seed of the intervals.
    on_trial
        Called with each strength and the mean that it reached.
    """
    for name in names:
        current = figures(weights)
        if np.isnan(current).all():
            return weights
        strength = getattr(weights, name)
        on_trial(Tried(name, strength, float(np.nanmean(current))))
        others = [other for other in STRENGTHS[name] if other != strength]
        of_others = [figures(msgspec.structs.replace(weights, **{name: other})) for other in others]
        means = [float(np.nanmean(of_other)) for of_other in of_others]
        for other, mean in zip(others, means, strict=True):
            on_trial(Tried(name, other, mean))
        best = int(np.argmax(means))
        if compare(current, of_others[best], seed=seed).finding is Finding.BETTER:
            weights = msgspec.structs.replace(weights, **{name: others[best]})
    return weights
