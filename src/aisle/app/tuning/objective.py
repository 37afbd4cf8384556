"""What tuning asks of settings: how a model that has them answers the weeks before the newest ones."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.app.recipe import PERSONAL, POPULAR, Recipe
from aisle.app.training.fitting import FEWEST_STARS
from aisle.app.training.measuring import LIST_LENGTH, span
from aisle.engine.ranking.retrieval import Retrieval
from aisle.evaluation.compare import Comparison, compare
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.metrics import ranking
from aisle.prepare.split import holdout_window
from aisle.prepare.weigh import Weights
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Recommender
from aisle.recommenders.catalog import by_name
from aisle.recommenders.search_space import Space
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import EventKind

if TYPE_CHECKING:
    import polars as pl


def weeks_before_newest(frame: "pl.DataFrame", weights: Weights) -> Holdout:
    """Hold out the window before the one that `newest_weeks` holds out, which is not looked at.

    Raises
    ------
    NotEnoughData
        If the log is too short, or nobody deals with a known item in that window.
    """
    first, last = span(frame)
    newest = holdout_window(first, last)
    try:
        return hold_out(frame, weights, holdout_window(first, newest.cut - 1))
    except NotEnoughData as error:
        raise NotEnoughData(f"without the newest {newest.days:.0f} days, which stay untouched, {error}") from None


class TuningObjective:
    """What settings are asked: how a model that has them answers a held-out window.

    Models that predict stars are asked for the stars that shoppers gave, if there are enough of them; all others are
    asked to fill shelves.

    Parameters
    ----------
    recipe
        Whatever the settings do not say.
    holdout
        The window.
    """

    def __init__(self, recipe: Recipe, holdout: Holdout) -> None:
        self.holdout = holdout
        self.part = recipe.parts[PERSONAL]
        predicts = issubclass(by_name(self.part.model), PredictsRatings)
        self.about_stars = predicts and len(holdout.given) >= FEWEST_STARS
        self.recipe = recipe
        self._popular = recipe.parts[POPULAR].fit(holdout.train, recipe.seed)
        self._answers: dict[bytes, NDArray[np.float64]] = {}

    @property
    def target(self) -> str:
        """The kind of event that is asked about."""
        return EventKind.RATE.value if self.about_stars else self.holdout.target.value

    @property
    def metric(self) -> str:
        """What each shopper's figure is; higher is better."""
        return "-RMSE" if self.about_stars else f"NDCG@{LIST_LENGTH}"

    def figures(self, settings: Mapping[str, Any]) -> NDArray[np.float64]:
        """Return each shopper's figure, (shoppers,), NaN where there is none; equal settings are fitted once."""
        part = msgspec.structs.replace(self.part, settings=self.part.settings | dict(settings))
        key = msgspec.json.encode(part, order="deterministic")
        if key not in self._answers:
            model = part.fit(self.holdout.train, self.recipe.seed)
            self._answers[key] = (
                self._star_errors(model)
                if isinstance(model, PredictsRatings) and self.about_stars
                else self._ndcg(model)
            )
        return self._answers[key]

    def value(self, settings: Mapping[str, Any]) -> float:
        """Return the mean figure."""
        return float(np.nanmean(self.figures(settings)))

    def compare(self, settings: Mapping[str, Any], others: Mapping[str, Any]) -> Comparison:
        """Return how much better others are, with its interval."""
        return compare(self.figures(settings), self.figures(others), seed=self.recipe.seed)

    def fingerprint(self, space: Space) -> str:
        """Return a text that is the same whenever equal settings from the space have equal values."""
        kept = {name: value for name, value in self.part.settings.items() if name not in space}
        asked = (kept, self.recipe.parts[POPULAR], self.recipe.seed, self.metric, repr(space))
        digest = blake2b(msgspec.json.encode(asked, order="deterministic"), digest_size=8)
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
