"""The model that is live: loaded once, and again when the registry names another."""

import logging
import threading
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from aisle.app.recipe import CONTENT, HIGHLIGHTS, PERSONAL, POPULAR, PRUNER, RANKER, STARS, STATE, Recipe, ranker_of
from aisle.engine.ranking.candidates import Source
from aisle.engine.ranking.examples import Objective
from aisle.engine.ranking.hybrid import Hybrid, HybridConfig
from aisle.engine.ranking.ranker_columns import with_current_columns
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.shelf.attributes import median_cover
from aisle.engine.shelf.long_tail import in_tail
from aisle.models import registry
from aisle.models.bundle import Bundle
from aisle.prepare.weigh import Weights
from aisle.recommenders.abilities import HasItemVectors, PredictsRatings
from aisle.recommenders.base import Component, Recommender, Retrieves
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.second_stage.candidate_pruner import CandidatePruner
from aisle.recommenders.second_stage.item_state import WINDOWS, ItemState
from aisle.recommenders.second_stage.ranker import Ranker
from aisle.recommenders.second_stage.review_highlights import ReviewHighlights
from aisle.recommenders.similar import directions
from aisle.shop.errors import AisleError, BundleError, NoModel
from aisle.shop.ids import Vocabulary
from aisle.storage.connection import Database

CHECK_SECONDS: Final = 1.0
"""How old the answer to "which model is live?" may be."""

ALIKE: Final = ("als", "audience")
"""Whose vectors say which items are alike, where neither contents nor the personal model do."""

SALES: Final = 1
"""Which of `WINDOWS` says how items sell now."""

_log = logging.getLogger(__name__)

P = TypeVar("P", CandidatePruner, ItemState, Ranker)


@dataclass(frozen=True, eq=False)
class LiveModel:
    """A trained model, ready to answer.

    Attributes
    ----------
    parts
        What the bundle holds, by role.
    data_end
        The moment at which the training data ended.
    """

    version: int
    parts: dict[str, Component]
    items: Vocabulary
    recipe: Recipe
    data_end: int

    @property
    def weights(self) -> Weights:
        """What each kind of event says about liking."""
        return self.recipe.weights

    @cached_property
    def personal(self) -> Retrieves:
        """What knows shoppers: one recommender, or several in two stages."""
        return self._recommender(PERSONAL) if self.recipe.hybrid is None else self._hybrid(self.recipe.hybrid)

    @cached_property
    def _by_objective(self) -> dict[Objective, Hybrid]:
        """The same for what some placements are for."""
        hybrid = self.recipe.hybrid
        return {} if hybrid is None else {one: self._hybrid(hybrid, one) for one in self.recipe.objectives}

    def put_together(self) -> None:
        """Make what fills personal shelves now, so that parts that do not fit are refused before anybody asks.

        Raises
        ------
        BundleError
            If a part is missing, or is of another version.
        """
        _ = self.personal, self._by_objective

    def _hybrid(self, config: HybridConfig, objective: Objective | None = None) -> Hybrid:
        """Put the parts of a hybrid together, with the ranker of an objective, or the main one if there is none."""
        parts, quotas = self.parts, config.sources
        sources = {name: Source(self._recommender(name), quotas[name]) for name in quotas if name in parts}
        role = ranker_of(objective) if ranker_of(objective) in parts else RANKER
        ranker = with_current_columns(self._part(role, Ranker), tuple(quotas)) if role in parts else None
        return Hybrid(tuple(quotas), sources, self._part(PRUNER, CandidatePruner), self._part(STATE, ItemState), ranker)

    @property
    def popular(self) -> Recommender[Any]:
        """What answers where nothing else does."""
        return self._recommender(POPULAR)

    @property
    def state(self) -> ItemState | None:
        """What is known of the items; None in a bundle from before that was kept."""
        state = self.parts.get(STATE)
        return state if isinstance(state, ItemState) else None

    @property
    def praise(self) -> ReviewHighlights | None:
        """What reviewers praise about the items; None in a shop where too few do."""
        praise = self.parts.get(HIGHLIGHTS)
        return praise if isinstance(praise, ReviewHighlights) else None

    def recommender(self, name: str) -> Recommender[Any] | None:
        """Return a model by its name, or None if the data had too little for it.

        Raises
        ------
        NoModel
            If it was not to be trained.
        """
        by_name = {one.name: one for one in self.parts.values() if isinstance(one, Recommender)}
        if name not in by_name and name not in self.recipe.parts:
            raise NoModel(f"the live model has no {name!r}; run aisle train now that a placement asks for it")
        return by_name.get(name)

    def retrieval(self, model: str | None = None, objective: Objective | None = None) -> Retrieval | None:
        """Return what fills a shelf: the personal model, or one by its name; None if the data had too little for that.

        Parameters
        ----------
        model
            None, or the name of the personal one: that.
        objective
            What the shelf is for; only a hybrid tells one from another.

        Raises
        ------
        NoModel
            If it was not to be trained.
        """
        if model is None or model == self.recipe.model:
            personal = self.personal if objective is None else self._by_objective.get(objective, self.personal)
            return Retrieval(personal, self.popular)
        found = self.recommender(model)
        return Retrieval(found, self.popular) if found else None

    @cached_property
    def directions(self) -> NDArray[np.float32] | None:
        """What says by its cosines which items are alike, (items, factors), or None if no model has item vectors."""
        vectors = {one.name: one.item_vectors for one in self.parts.values() if isinstance(one, HasItemVectors)}
        best = [name for name in (CONTENT, self.recipe.model, *ALIKE, *vectors) if name in vectors]
        return directions(vectors[best[0]]) if best else None

    @cached_property
    def contents(self) -> NDArray[np.float32] | None:
        """What the items are like by themselves, whoever buys them, (items, factors), or None if nothing knows."""
        model = self.parts.get(CONTENT)
        return model.item_vectors if isinstance(model, HasItemVectors) else None

    @cached_property
    def sales_per_day(self) -> NDArray[np.float32]:
        """How often each item was taken per day of the last weeks, (items,); NaN where nothing is known."""
        if self.state is None:
            return np.full(len(self.items), np.nan, np.float32)
        return self.state.target_counts_[:, SALES] / np.float32(WINDOWS[SALES])

    @cached_property
    def usual_cover(self) -> float:
        """How many days the stock of the median item lasted when the data ended; NaN where nothing is known."""
        return float("nan") if self.state is None else median_cover(self.state.stock_, self.sales_per_day)

    @cached_property
    def tail(self) -> NDArray[np.bool_]:
        """Which items are of the long tail, (items,)."""
        return in_tail(np.zeros(len(self.items)) if self.state is None else self.state.buyers_)

    def stars(self, query: QueryBatch, items: NDArray[np.int32]) -> NDArray[np.float32] | None:
        """Return the stars that one shopper would give to items, (items,), or None if nothing here predicts them."""
        model = self.parts.get(STARS, self.parts.get(PERSONAL))
        if not isinstance(model, Recommender) or not isinstance(model, PredictsRatings):
            return None
        return model.stars(model.score(query, items)[0])

    def _recommender(self, role: str) -> Recommender[Any]:
        found = self.parts.get(role)
        if not isinstance(found, Recommender):
            raise self._incomplete(role)
        return found

    def _part(self, role: str, kind: type[P]) -> P:
        found = self.parts.get(role)
        if not isinstance(found, kind):
            raise self._incomplete(role)
        return found

    def _incomplete(self, role: str) -> BundleError:
        return BundleError(f"model {self.version} lacks the {role} that its recipe names; run aisle train")


class ModelWatch:
    """Keeps the live model in memory and follows promotions and rollbacks within about a second."""

    def __init__(self, db: Database, bundles: Path) -> None:
        self._db = db
        self._bundles = bundles
        self._model: LiveModel | None = None
        self._checked = -CHECK_SECONDS
        self._lock = threading.Lock()

    def current(self) -> LiveModel:
        """Return the live model.

        Raises
        ------
        NoModel
            If nothing was trained yet.
        """
        if time.monotonic() - self._checked >= CHECK_SECONDS:
            with self._lock:
                self._refresh()
        if self._model is None:
            raise NoModel("no model yet; run aisle train")
        return self._model

    def version(self) -> int | None:
        """Return the live model's version, or None before the first training."""
        try:
            return self.current().version
        except NoModel:
            return None

    def _refresh(self) -> None:
        """Load the live model if it is another one; a model in memory outlives a database or bundle that fails."""
        if time.monotonic() - self._checked < CHECK_SECONDS:
            return
        try:
            row = registry.live(self._db)
            if row and (self._model is None or row.version != self._model.version):
                self._model = ready(row.version, registry.load(self._bundles, row), Recipe.parse(row.recipe))
        except AisleError as error:
            if self._model is None:
                raise
            _log.warning("keeping model %s: %s", self._model.version, error)
        self._checked = time.monotonic()


def ready(version: int, bundle: Bundle, recipe: Recipe) -> LiveModel:
    """Return a model that answers, of what a bundle holds.

    Raises
    ------
    BundleError
        If its parts do not fit together.
    """
    data_end = bundle.manifest.window[1] if bundle.manifest.window else bundle.manifest.created
    model = LiveModel(version, bundle.parts, bundle.items, recipe, data_end)
    model.put_together()
    return model
