"""A trained model, ready to answer: the components of a bundle, put together as its recipe says."""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.candidates import Source
from aisle.engine.ranking.examples import Objective
from aisle.engine.ranking.hybrid import Hybrid, HybridConfig
from aisle.engine.ranking.ranker_columns import with_current_columns
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.recipe import (
    BASELINE,
    CALIBRATION,
    HIGHLIGHTS,
    PATIENCE,
    PERSONAL,
    POPULAR,
    PRUNER,
    RANKER,
    REBUYING,
    STARS,
    STATE,
    Recipe,
    ranker_of,
)
from aisle.engine.shelf.attributes import median_cover
from aisle.engine.shelf.fatigue import HALF_LIFE_DAYS
from aisle.engine.shelf.long_tail import in_tail
from aisle.models.bundle import Bundle
from aisle.prepare.weigh import Weights
from aisle.recommenders.abilities import HasItemVectors, PredictsRatings
from aisle.recommenders.base import Component, Recommender, Retrieves
from aisle.recommenders.popular.fixed_scores import FixedScores
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.second_stage.calibration import Calibration
from aisle.recommenders.second_stage.candidate_pruner import CandidatePruner
from aisle.recommenders.second_stage.item_state import WINDOWS, ItemState
from aisle.recommenders.second_stage.patience import Patience
from aisle.recommenders.second_stage.ranker import Ranker
from aisle.recommenders.second_stage.rebuying import Rebuying
from aisle.recommenders.second_stage.review_highlights import ReviewHighlights
from aisle.recommenders.similar import Directions, at_length_one, directions
from aisle.shop.errors import BundleError, NoModel
from aisle.shop.ids import Vocabulary

CONTENT: Final = "content"
"""The model of content vectors."""

VECTORS_FROM: Final = ("als", "audience")
"""The models whose vectors say which items are similar, if neither the content nor the personal model has any."""

NO_BUNDLE: Final = 0
"""The version of a model that comes from no bundle."""

SALES_WINDOW: Final = 1
"""Which of `WINDOWS` says how items sell now."""

Share: TypeAlias = Callable[[str, Callable[[], NDArray[np.float32]]], NDArray[np.float32]]
"""How processes that serve one model share what each would compute: given its name and what computes it."""

C = TypeVar("C", CandidatePruner, ItemState, Ranker)


def unshared(_name: str, compute: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
    """Compute an array for one process alone."""
    return compute()


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A trained model, ready to answer.

    Attributes
    ----------
    version
        Its number in the registry; `NO_BUNDLE` if it is in none.
    components
        What the bundle holds, by role.
    items
        The items that it knows.
    recipe
        What it was made by.
    data_end
        The moment at which the training data ended.
    outranked
        Whether popularity ranks better than the personal model, and fills shelves in its place.
    share
        How other processes get at what this one computes of it.
    fresh
        Models that were fitted anew since, by name: they fill the placements that name them, and are no sources.
    only_bestsellers
        Whether it stands in for one whose bundle is damaged, and knows bestsellers alone.
    """

    version: int
    components: dict[str, Component[Any]]
    items: Vocabulary
    recipe: Recipe
    data_end: int
    outranked: bool = False
    share: Share = unshared
    fresh: Mapping[str, Recommender[Any]] = field(default_factory=dict)
    only_bestsellers: bool = False

    @classmethod
    def of_bundle(cls, version: int, bundle: Bundle, recipe: Recipe, share: Share = unshared) -> Self:
        """Put a model together from what a bundle holds.

        Raises
        ------
        BundleError
            If what fills personal shelves is missing, or is of another version.
        """
        data_end = bundle.manifest.window[1] if bundle.manifest.window else bundle.manifest.created
        model = cls(version, bundle.parts, bundle.items, recipe, data_end, bundle.manifest.outranked, share)
        # Now, and not when the first shopper comes.
        _ = model.personal, model._by_objective
        return model

    @classmethod
    def of_bestsellers(cls, bestsellers: Recommender[Any], items: Vocabulary, recipe: Recipe, data_end: int) -> Self:
        """Return a model that stands in for one whose bundle is damaged, and knows bestsellers alone.

        Parameters
        ----------
        recipe
            That of the damaged one.
        """
        components: dict[str, Component[Any]] = {POPULAR: bestsellers, BASELINE: bestsellers}
        return cls(NO_BUNDLE, components, items, recipe, data_end, only_bestsellers=True)

    def with_fresh(self, fresh: Mapping[str, Recommender[Any]]) -> Self:
        """Return the same model with models that were fitted anew; what was computed of it stays."""
        model = copy(self)
        object.__setattr__(model, "fresh", fresh)
        return model

    @property
    def weights(self) -> Weights:
        """What each kind of event says about liking."""
        return self.recipe.weights

    # --- What ranks ---------------------------------------------------------------------------------------------------

    @cached_property
    def personal(self) -> Retrieves:
        """What ranks for shoppers: one recommender, or several in two stages; popularity if that does it better."""
        if self.outranked:
            return self._recommender(BASELINE if BASELINE in self.components else POPULAR)
        return self._recommender(PERSONAL) if self.recipe.hybrid is None else self._hybrid(self.recipe.hybrid)

    @cached_property
    def taste(self) -> Recommender[Any]:
        """What says of any item how much a shopper likes it: the personal model or the first of a hybrid's sources.

        Without these it is popularity.
        """
        sources = (PERSONAL,) if self.recipe.hybrid is None else self.recipe.hybrid.sources
        return next(self._recommender(name) for name in (*sources, POPULAR) if name in self.components)

    @property
    def popular(self) -> Recommender[Any]:
        """What answers where nothing else does."""
        return self._recommender(POPULAR)

    def recommender(self, name: str) -> Recommender[Any] | None:
        """Return a model by its name, or None if the data had too little for it.

        Raises
        ------
        NoModel
            If it was not to be trained.
        """
        if name not in self._by_name and name not in self.recipe.parts:
            raise NoModel(f"the live model has no {name!r}; run aisle train now that a placement asks for it")
        return self.fresh.get(name) or self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Recommender[Any]]:
        return {model.name: model for model in self.components.values() if isinstance(model, Recommender)}

    def retrieval(self, model: str = PERSONAL, objective: Objective | None = None) -> Retrieval | None:
        """Return what fills a shelf: the personal model or another by its name; None if the data had too little for it.

        Parameters
        ----------
        model
            `PERSONAL`, or the name of a model.
        objective
            What the shelf is for; only a hybrid tells one from another.

        Raises
        ------
        NoModel
            If it was not to be trained.
        """
        if self.only_bestsellers:
            return Retrieval(self.popular, self.popular) if model == BASELINE else None
        if model in (PERSONAL, self.recipe.model):
            by_objective = None if objective is None or self.outranked else self._by_objective.get(objective)
            personal = by_objective or self.personal
            return Retrieval(personal, self.popular)
        recommender = self.recommender(model)
        return Retrieval(recommender, self.popular) if recommender else None

    @cached_property
    def _by_objective(self) -> dict[Objective, Hybrid]:
        hybrid = self.recipe.hybrid
        return {} if hybrid is None else {name: self._hybrid(hybrid, name) for name in self.recipe.objectives}

    def _hybrid(self, config: HybridConfig, objective: Objective | None = None) -> Hybrid:
        """Put a hybrid together, with the ranker of an objective, or the main one if there is none."""
        components, quotas = self.components, config.sources
        sources = {name: Source(self._recommender(name), quotas[name]) for name in quotas if name in components}
        role = ranker_of(objective) if ranker_of(objective) in components else RANKER
        ranker = with_current_columns(self._component(role, Ranker), tuple(quotas)) if role in components else None
        pruner, state = self._component(PRUNER, CandidatePruner), self._component(STATE, ItemState)
        calibration = self.components.get(CALIBRATION) if role == RANKER else None
        calibration = calibration if isinstance(calibration, Calibration) else None
        return Hybrid(tuple(quotas), sources, pruner, state, ranker, calibration)

    # --- What is known of items ---------------------------------------------------------------------------------------

    @property
    def state(self) -> ItemState | None:
        """What is known of the items; None in an old bundle without it."""
        state = self.components.get(STATE)
        return state if isinstance(state, ItemState) else None

    @property
    def rebuying(self) -> Rebuying | None:
        """What shoppers buy again; None in an old bundle without it."""
        rebuying = self.components.get(REBUYING)
        return rebuying if isinstance(rebuying, Rebuying) else None

    @property
    def half_life_days(self) -> float:
        """After how many days a visit counts half on which a shopper was shown an item in vain."""
        patience = self.components.get(PATIENCE)
        return patience.half_life if isinstance(patience, Patience) else HALF_LIFE_DAYS

    @property
    def highlights(self) -> ReviewHighlights | None:
        """What reviewers praise about items; None in a shop with too few reviews."""
        highlights = self.components.get(HIGHLIGHTS)
        return highlights if isinstance(highlights, ReviewHighlights) else None

    @cached_property
    def directions(self) -> Directions | None:
        """What says by cosines which items are similar; None if no model has item vectors."""
        models = {model.name: model for model in self.components.values() if isinstance(model, HasItemVectors)}
        best = [models[name] for name in (CONTENT, self.recipe.model, *VECTORS_FROM, *models) if name in models]
        if not best:
            return None
        vectors = best[0].item_vectors_
        return directions(self.share("unit_vectors", lambda: at_length_one(vectors)), best[0].cells_)

    @cached_property
    def contents(self) -> NDArray[np.float32] | None:
        """The content vectors of the items, (items, factors); None without a content model."""
        model = self.components.get(CONTENT)
        return model.item_vectors_ if isinstance(model, HasItemVectors) else None

    @cached_property
    def sales_per_day(self) -> NDArray[np.float32]:
        """How often each item was bought per day of the last weeks, (items,); NaN where unknown."""
        if self.state is None:
            return np.full(len(self.items), np.nan, np.float32)
        return self.state.target_counts_[:, SALES_WINDOW] / np.float32(WINDOWS[SALES_WINDOW])

    @cached_property
    def usual_cover(self) -> float:
        """How many days the stock of the median item lasted when the data ended; NaN where unknown."""
        return float("nan") if self.state is None else median_cover(self.state.stock_, self.sales_per_day)

    @cached_property
    def tail(self) -> NDArray[np.bool_]:
        """Which items are in the long tail, (items,)."""
        return in_tail(np.zeros(len(self.items)) if self.state is None else self.state.buyers_)

    @cached_property
    def tells_shoppers_apart(self) -> bool:
        """Whether even a shelf of popular items differs from shopper to shopper: by their categories, or by stars."""
        popular = [model for model in self.components.values() if isinstance(model, FixedScores)]
        return isinstance(self._of_stars, PredictsRatings) or not all(model.same_for_all for model in popular)

    @property
    def _of_stars(self) -> Component[Any] | None:
        """The model whose scores may be stars."""
        return self.components.get(STARS, self.components.get(PERSONAL))

    def stars(self, shopper: QueryBatch, items: NDArray[np.int32]) -> NDArray[np.float32] | None:
        """Return the stars that a shopper would give to items, on the shop's scale, (items,); None without a model."""
        model = self._of_stars
        if not isinstance(model, Recommender) or not isinstance(model, PredictsRatings):
            return None
        weights, stars = self.weights, model.stars(model.score(shopper, items)[0])
        clipped: NDArray[np.float32] = np.clip(stars, weights.lowest_rating, weights.highest_rating)
        return clipped

    # --- Components ---------------------------------------------------------------------------------------------------

    def _recommender(self, role: str) -> Recommender[Any]:
        model = self.components.get(role)
        if not isinstance(model, Recommender):
            raise self._incomplete(role)
        return model

    def _component(self, role: str, component_type: type[C]) -> C:
        component = self.components.get(role)
        if not isinstance(component, component_type):
            raise self._incomplete(role)
        return component

    def _incomplete(self, role: str) -> BundleError:
        return BundleError(f"model {self.version} lacks the {role} that its recipe names; run aisle train")
