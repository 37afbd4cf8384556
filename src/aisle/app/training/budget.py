"""How long a training may take, and what it leaves out to keep to that.

Costs are not guessed from the size of a shop: what a stage took tells what it takes again, and about what the stages
like it take. Left out are, in this order: past windows but the newest, and rows of the rankers; the figures of
placements and of the long tail, and chances; a second training of the rankers. The sources, one past window and the
figures on which a model goes live are never left out, so a shop has a time below which no budget can be kept.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Final, TypeVar

import numpy as np

T = TypeVar("T")

ROWS_PER_SECOND: Final = 20_000
"""So many rows a ranker learns from in a second on two slow cores, until one was trained."""

LEAST_ROWS: Final = 20_000
"""A ranker learns from so many rows, if there are as many, however little time is left."""


class Stage(StrEnum):
    """What a training spends its time on."""

    READ = auto()
    """Reading the tables."""
    WINDOW = auto()
    """Gathering the shelves of a past window: fitting sources, and asking them."""
    RANKERS = auto()
    SOURCES = auto()
    """Fitting what goes live, or what is measured."""
    SCORE = auto()
    PARTS = auto()
    """Fitting the other components: stars, rebuying, models of placements."""
    PLACEMENTS = "figures of placements"
    LONG_TAIL = "cost of the long tail"
    CHANCES = "calibration"
    PUBLISH = auto()
    """Checking the model, saving it, and keeping the cleaned interactions."""


LIKE: Final = {
    Stage.RANKERS: (Stage.WINDOW, 1.0),
    Stage.SOURCES: (Stage.WINDOW, 0.7),
    Stage.SCORE: (Stage.WINDOW, 0.6),
    Stage.PARTS: (Stage.SOURCES, 0.2),
    Stage.PLACEMENTS: (Stage.SCORE, 2.0),
    Stage.LONG_TAIL: (Stage.SCORE, 0.4),
    Stage.CHANCES: (Stage.SCORE, 1.7),
    Stage.PUBLISH: (Stage.READ, 1.3),
}
"""How a stage that was not measured yet compares with another: measured on Online Retail and made-up shops."""

MARGIN: Final = 1.15
"""The fits on everything have more events than those before the held-out weeks, by which they are judged."""

FIGURES: Final = frozenset({Stage.PLACEMENTS, Stage.LONG_TAIL, Stage.CHANCES})
"""The stages that can be left out altogether."""


@dataclass
class Budget:
    """How long a training may take, what is still to be done, and what was left out."""

    seconds: float = np.inf
    """The time for all, from the first second."""
    started: float = field(default_factory=time.perf_counter)
    ahead: list[Stage] = field(default_factory=list)
    """The stages still to come, in any order."""
    took: dict[Stage, float] = field(default_factory=dict)
    """How many seconds each stage took the first time."""
    windows: int | None = None
    """How many past windows are gathered, set by the first recipe: what goes live is what was measured."""
    rows: int | None = None
    """From so many rows each ranker may learn, set when the first is trained."""
    spared: dict[str, str] = field(default_factory=dict)
    """What was left out, and how that is told."""

    def plan(self, *, hybrid: bool, recipes: int) -> None:
        """Say what is ahead: so many recipes are measured, and then one of them is fitted on everything."""
        past = [Stage.WINDOW, Stage.RANKERS, Stage.SOURCES] if hybrid else [Stage.SOURCES]
        self.ahead = [*past, Stage.SCORE] * recipes + [Stage.PARTS, *FIGURES]
        self.ahead += [*past, Stage.PARTS, Stage.PUBLISH]

    @property
    def elapsed(self) -> float:
        """The seconds since the training started."""
        return time.perf_counter() - self.started

    @contextmanager
    def spend_on(self, stage: Stage) -> Iterator[None]:
        """Note how long a stage takes, and that it is not ahead any more."""
        started = time.perf_counter()
        yield
        self.took.setdefault(stage, time.perf_counter() - started)
        if stage in self.ahead:
            self.ahead.remove(stage)

    def cost(self, stage: Stage) -> float:
        """Return about how many seconds a stage takes; 0 if nothing like it was measured yet."""
        if stage in self.took:
            return MARGIN * self.took[stage]
        other, times = LIKE.get(stage, (None, 0.0))
        return times * self.cost(other) if other else 0.0

    def affords(self, stage: Stage) -> bool:
        """Whether there is time for a stage and then for what is ahead; figures do not wait for other figures."""
        ahead = list(self.ahead)
        if stage in ahead:
            ahead.remove(stage)
        if stage in FIGURES:
            ahead = [other for other in ahead if other not in FIGURES]
        return self.elapsed + self.cost(stage) + sum(map(self.cost, ahead)) <= self.seconds

    def in_time(self, stage: Stage, work: Callable[[], T], otherwise: T) -> T:
        """Return the outcome of a stage that can be left out, or what takes its place if there is no time for it."""
        if self.affords(stage):
            with self.spend_on(stage):
                return work()
        self.ahead.remove(stage)
        self.spared[stage] = "left out, to save time"
        return otherwise

    def gathers_another(self, gathered: int, of: int) -> bool:
        """Whether one more past window is gathered, after some of those there are."""
        if self.windows is not None:
            return gathered < self.windows
        others = [Stage.WINDOW] * (self.ahead.count(Stage.SCORE) - 1)
        self.ahead += [Stage.WINDOW, *others]
        if self.affords(Stage.WINDOW):
            return True
        for stage in (Stage.WINDOW, *others):
            self.ahead.remove(stage)
        self.windows = gathered
        self.spared["past windows"] = f"the ranker learnt from {gathered} of {of}, to save time"
        return False

    def ranker_rows(self, most: int, rankers: int) -> int:
        """Return from how many rows each of some rankers may learn, if their trainings get equal parts of the time."""
        if self.rows is None:
            others = sum(self.cost(stage) for stage in self.ahead if stage is not Stage.RANKERS)
            left = max(self.seconds - self.elapsed - others, 0.0)
            in_time = left / max(self.ahead.count(Stage.RANKERS), 1) / rankers * ROWS_PER_SECOND
            self.rows = int(min(most, max(in_time, LEAST_ROWS)))
            if self.rows < most:
                self.spared["rows"] = (
                    f"rankers learnt from at most {self.rows:,} rows instead of {most:,}, to save time"
                )
        return min(most, self.rows)

    def told(self) -> dict[str, str]:
        """Say what the budget cut short, and if it was not enough."""
        if self.elapsed <= self.seconds:
            return self.spared
        over = (
            f"training took {self.elapsed:.0f} s instead of {self.seconds:.0f} s: sources, one past window, a small "
            "ranker and the model's own figures are never left out"
        )
        return self.spared | {"budget": over}
