"""What tuning maximises: how a model with some settings does on the weeks before the newest ones."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.app.data.tables import Tables, span
from aisle.app.training.fitting import FEWEST_STARS
from aisle.app.training.measuring import LIST_LENGTH, with_catalogue_of_past
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.recipe import PERSONAL, POPULAR, Recipe
from aisle.evaluation.compare import Comparison, compare
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.metrics import ranking
from aisle.prepare.split import Window, holdout_window
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Recommender
from aisle.recommenders.catalog import by_name
from aisle.recommenders.search_space import Space
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import EventKind


def validation_window(events: pl.DataFrame) -> Window:
    """Return the window before the newest one, which is not looked at.

    Raises
    ------
    NotEnoughData
        If the log is too short.
    """
    first, last = span(events)
    newest = holdout_window(first, last)
    with _without_newest(newest):
        return holdout_window(first, newest.cut - 1)


def validation_weeks(tables: Tables, recipe: Recipe) -> Holdout:
    """Hold out the window before the newest one, of tables that `known_before` gives for it.

    Raises
    ------
    NotEnoughData
        If the log is too short, or nobody deals with a known item in that window.
    """
    window = validation_window(tables.events)
    with _without_newest(holdout_window(*span(tables.events))):
        return with_catalogue_of_past(tables.catalogue, hold_out(tables.events, recipe.weights, window))


@contextmanager
def _without_newest(newest: Window) -> Iterator[None]:
    """Say that the newest weeks stay untouched where there is not enough before them."""
    try:
        yield
    except NotEnoughData as error:
        raise NotEnoughData(f"without the newest {newest.days:.0f} days, which stay untouched, {error}") from None


class TuningObjective:
    """How a model with some settings does on a held-out window.

    Models that predict stars are measured by the stars that shoppers gave, if there are enough of them; all others by
    the shelves that they fill.

    Parameters
    ----------
    recipe
        Whatever the settings do not say.
    holdout
        The window.
    """

    def __init__(self, recipe: Recipe, holdout: Holdout) -> None:
        self.holdout = holdout
        self.spec = recipe.parts[PERSONAL]
        predicts = issubclass(by_name(self.spec.model), PredictsRatings)
        self.measures_stars = predicts and len(holdout.given) >= FEWEST_STARS
        self.recipe = recipe
        self._popular = recipe.parts[POPULAR].fit(holdout.train, recipe.seed)
        self._figures: dict[bytes, NDArray[np.float64]] = {}

    @property
    def target(self) -> str:
        """The kind of event that counts."""
        return EventKind.RATE.value if self.measures_stars else self.holdout.target.value

    @property
    def metric(self) -> str:
        """What each shopper's figure is; higher is better."""
        return "-RMSE" if self.measures_stars else f"NDCG@{LIST_LENGTH}"

    def figures(self, settings: Mapping[str, Any]) -> NDArray[np.float64]:
        """Return each shopper's figure, (shoppers,), NaN where there is none; equal settings are fitted once."""
        spec = msgspec.structs.replace(self.spec, settings=self.spec.settings | dict(settings))
        key = msgspec.json.encode(spec, order="deterministic")
        if key not in self._figures:
            model = spec.fit(self.holdout.train, self.recipe.seed)
            self._figures[key] = (
                self._star_errors(model)
                if isinstance(model, PredictsRatings) and self.measures_stars
                else self._ndcg(model)
            )
        return self._figures[key]

    def value(self, settings: Mapping[str, Any]) -> float:
        """Return the mean figure."""
        return float(np.nanmean(self.figures(settings)))

    def compare(self, settings: Mapping[str, Any], others: Mapping[str, Any]) -> Comparison:
        """Return how much better others are, with its interval."""
        return compare(self.figures(settings), self.figures(others), seed=self.recipe.seed)

    def fingerprint(self, space: Space) -> str:
        """Return a text that is the same whenever equal settings from the space have equal values."""
        kept = {name: value for name, value in self.spec.settings.items() if name not in space}
        identity = (kept, self.recipe.parts[POPULAR], self.recipe.seed, self.metric, repr(space))
        digest = blake2b(msgspec.json.encode(identity, order="deterministic"), digest_size=8)
        log, truth, given = self.holdout.train.log, self.holdout.truth, self.holdout.given
        arrays = (log.user, log.item, log.kind, log.weight, log.rating, log.timestamp, truth.indptr, truth.items)
        for array in (*arrays, given.stars):
            digest.update(array.tobytes())
        return digest.hexdigest()

    def _ndcg(self, model: Recommender[Any]) -> NDArray[np.float64]:
        """Return the NDCG of each query's shelf."""
        shelves = Retrieval(model, self._popular).retrieve(self.holdout.queries, LIST_LENGTH)
        hits = ranking.find_hits(shelves.items, self.holdout.truth.indptr, self.holdout.truth.items)
        return ranking.ndcg(hits, LIST_LENGTH)

    def _star_errors(self, model: PredictsRatings) -> NDArray[np.float64]:
        """Return the negative RMSE of each shopper's ratings."""
        given = self.holdout.given
        _, shopper = np.unique(given.user, return_inverse=True)
        squared = (model.predict(given.user, given.item).astype(np.float64) - given.stars) ** 2
        return -np.sqrt(np.bincount(shopper, squared) / np.bincount(shopper))
