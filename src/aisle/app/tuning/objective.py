"""What tuning maximises: how a model with some settings does on the weeks before the newest ones."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.app.data.tables import Tables
from aisle.app.training.fitting import MIN_RATINGS
from aisle.app.training.measuring import LIST_LENGTH, hold_out_weeks, known_before
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.recipe import PERSONAL, POPULAR, Recipe
from aisle.evaluation.compare import Comparison, compare
from aisle.evaluation.holdout import Holdout
from aisle.evaluation.window import HeldOut, choose_window
from aisle.metrics import ranking
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Recommender
from aisle.recommenders.catalog import by_name
from aisle.recommenders.search_space import Space
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import EventKind


def choose_validation(tables: Tables, recipe: Recipe) -> HeldOut:
    """Return the weeks before the newest ones, which stay untouched; both are chosen in the same way.

    Raises
    ------
    NotEnoughData
        If the log is too short, or nobody deals with a known item in any weeks before the newest ones.
    """
    newest = choose_window(tables.events, recipe.weights).window
    try:
        return choose_window(tables.events, recipe.weights, end=newest.cut)
    except NotEnoughData as error:
        raise NotEnoughData(f"without the newest {newest.days:.0f} days, which stay untouched, {error}") from None


def validation_weeks(tables: Tables, recipe: Recipe) -> Holdout:
    """Hold out the weeks before the newest ones, and the reviews written since.

    Raises
    ------
    NotEnoughData
        As `choose_validation` does.
    """
    weeks = choose_validation(tables, recipe)
    return hold_out_weeks(known_before(tables, weeks.window, recipe.seed), recipe, weeks)


class TuningObjective:
    """Measures a model with some settings on a held-out window.

    A model that predicts stars is measured by the ratings of the window, if there are enough; any other model, and one
    without enough ratings, by the NDCG of its shelves.

    Parameters
    ----------
    recipe
        The model, and everything that the settings do not change.
    holdout
        The window.
    """

    def __init__(self, recipe: Recipe, holdout: Holdout) -> None:
        self.holdout = holdout
        self.spec = recipe.parts[PERSONAL]
        predicts = issubclass(by_name(self.spec.model), PredictsRatings)
        self.measures_stars = predicts and len(holdout.given) >= MIN_RATINGS
        self.recipe = recipe
        self._popular = recipe.parts[POPULAR].fit(holdout.train, recipe.seed)
        self._figures: dict[bytes, NDArray[np.float64]] = {}

    @property
    def target(self) -> str:
        """The kind of event that is predicted."""
        return EventKind.RATE.value if self.measures_stars else self.holdout.target.value

    @property
    def metric(self) -> str:
        """The metric of each shopper's figure; higher is better."""
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
        """Compare settings with others, paired by shopper."""
        return compare(self.figures(settings), self.figures(others), seed=self.recipe.seed)

    def fingerprint(self, space: Space) -> str:
        """Return a digest of the space, the fixed settings and the data; values of equal digests are comparable."""
        fixed = {name: value for name, value in self.spec.settings.items() if name not in space}
        identity = (fixed, self.recipe.parts[POPULAR], self.recipe.seed, self.metric, repr(space))
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
