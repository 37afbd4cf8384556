"""How much refunds and ratings count: weights learnt from what the shop's own shoppers do next."""

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
from aisle.app.training.measuring import known_before
from aisle.app.tuning.objective import TuningObjective, validation_weeks, validation_window
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.evaluation.compare import Comparison, Finding, compare
from aisle.prepare.weigh import Weights
from aisle.shop.columns import EVENT
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import EventKind
from aisle.storage.connection import Database

SECTION: Final = "weights"
"""Where the weights stand in `aisle.toml`."""

STRENGTHS: Final = {
    EventKind.REFUND.value: (0.5, 1.0, 1.5, 2.0, 3.0),
    EventKind.RATE.value: (0.0, 0.5, 1.0, 2.0, 3.0),
}
"""What is tried for each weight, in the order in which they are settled."""

STAND_IN: Final = "als"
"""What is asked in a shop with a hybrid, which hears the weights through its sources: one of them."""

Figures = Callable[[Weights], NDArray[np.float64]]


class Tried(msgspec.Struct, frozen=True):
    """One strength of one weight, and the figure that it reached."""

    name: str
    strength: float
    value: float


class Weighed(msgspec.Struct, frozen=True):
    """What a search for weights came to.

    Attributes
    ----------
    model, metric
        Who was asked, and what was made as large as possible.
    cut, end, shoppers
        The validation window in microseconds, and how many shoppers it asks about.
    current, learnt
        The weights of `aisle.toml`, and those that serve shoppers best; the same if none is better beyond chance.
    tried
        Every strength, in the order of trial.
    comparison
        The learnt weights against the current ones, paired by shopper; null if they are the same.
    written
        The file that the learnt weights were written into, or null.
    seconds
        How long it took.
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
    """Try strengths of refunds and ratings, on the weeks before the newest ones, which stay untouched.

    Parameters
    ----------
    write
        Whether the learnt weights go into `aisle.toml`, if they are better than the current ones.

    Raises
    ------
    NotEnoughData
        If the log is too short to hold out two windows, or holds neither refunds nor ratings beside other events.
    SettingsError
        If a setting is out of range, or the file cannot be written.
    """
    started = time.perf_counter()
    recipe = recipe_of(settings, STAND_IN if settings.train.model == HYBRID else None)
    tables = read_tables(db, settings, progress)
    known = known_before(tables, validation_window(tables.events), recipe.seed)
    window = validation_weeks(known, recipe)
    names = learnable(known.events, window.target)
    tried: list[Tried] = []
    steps = 1 + sum(map(len, (STRENGTHS[name] for name in names)))
    answers: dict[bytes, NDArray[np.float64]] = {}

    def figures(weights: Weights) -> NDArray[np.float64]:
        key = msgspec.json.encode(weights)
        if key not in answers:
            other = msgspec.structs.replace(recipe, weights=weights)
            answers[key] = TuningObjective(other, validation_weeks(known, other)).figures({})
            progress("weigh", len(answers), steps)
        return answers[key]

    def note(name: str, strength: float, value: float) -> None:
        tried.append(Tried(name, strength, value))

    learnt = learn_weights(recipe.weights, figures, names, seed=recipe.seed, note=note)
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
    """Return which weights a log can teach: those whose events it has, beside the events that count as success.

    Raises
    ------
    NotEnoughData
        If it can teach none.
    """
    there = set(events[EVENT].unique()) - {target.value}
    names = [name for name in STRENGTHS if name in there]
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
    note: Callable[[str, float, float], None] = lambda *_: None,
) -> Weights:
    """Return the weights with the strengths of refunds and ratings that serve shoppers best.

    One weight after the other is tried at each of its `STRENGTHS`. The one of the highest mean takes the place of the
    given one if it is better beyond chance: a shop with few refunds keeps what its settings say.

    Parameters
    ----------
    weights
        What the settings say.
    figures
        How recipes with some weights serve the shoppers of a validation window: a figure of each, higher is better, of
        the same shoppers in the same order, (shoppers,); NaN where there is none. Never those of a test window.
    names
        Of the weights that are tried.
    seed
        Draws the intervals.
    note
        Told of each strength and the mean that it reached.
    """
    for name in names:
        current = figures(weights)
        if np.isnan(current).all():
            return weights
        note(name, getattr(weights, name), float(np.nanmean(current)))
        others = [
            msgspec.structs.replace(weights, **{name: one}) for one in STRENGTHS[name] if one != getattr(weights, name)
        ]
        measured = [figures(one) for one in others]
        for other, one in zip(others, measured, strict=True):
            note(name, getattr(other, name), float(np.nanmean(one)))
        best = int(np.argmax([np.nanmean(one) for one in measured]))
        if compare(current, measured[best], seed=seed).finding is Finding.BETTER:
            weights = others[best]
    return weights
