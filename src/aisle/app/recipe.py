"""A recipe: everything that decides what training makes of the same events. The promotion gate compares recipes."""

from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from aisle.app.settings import Settings
from aisle.engine.ranking.examples import Objective
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.engine.ranking.hybrid import HybridConfig
from aisle.prepare.weigh import Weights
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Recommender
from aisle.recommenders.catalog import by_name, current_name
from aisle.shop.errors import SettingsError

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

PERSONAL: Final = "personal"
POPULAR: Final = "popular"
STARS: Final = "stars"
"""The roles that every bundle may have; the strategy of a placement is a role by the name of its model."""

PRUNER: Final = "candidate_pruner"
RANKER: Final = "ranker"
STATE: Final = "item_state"
"""The roles of what a hybrid has beside its sources, which go by the names of their models."""

HIGHLIGHTS: Final = "review_highlights"
"""The role of what reviewers praise."""

FALLBACK: Final = "newcomer_popularity"
"""The model that fills shelves and answers for shoppers without a history."""

BASELINE: Final = "popularity"
"""The model that every other one is shown beside."""


CO_PURCHASE: Final = "co_purchase"
TRENDING: Final = "trending"
CONTENT: Final = "content"
"""The models that strategies ask by name."""

NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "personal": (),
    "similar": (CO_PURCHASE,),
    "bought_together": (CO_PURCHASE,),
    "cart": (CO_PURCHASE,),
    "because_you_viewed": (CO_PURCHASE,),
    "buy_it_again": (),
    "trending": (TRENDING,),
    "bestsellers": (BASELINE,),
    "new_arrivals": (),
    "recently_viewed": (),
}
"""The strategies of `app.serving.strategies`, and the models that they ask beside the personal and the popular one."""


class ModelSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model, with every setting written out."""

    model: str
    settings: dict[str, Any]

    @classmethod
    def from_settings(cls, settings: Settings, model: str) -> Self:
        """Read a model's settings, defaults and all.

        Raises
        ------
        SettingsError
            If the model is unknown or one of its settings is out of range.
        """
        return cls(model, by_name(model).config_type.parse(settings.models.get(model, {})).plain())

    def fit(self, data: "Interactions", seed: int) -> Recommender[Any]:
        """Train the model."""
        kind = by_name(self.model)
        return kind(kind.config_type.parse(self.settings)).fit(data, seed=seed)


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The models of each role, the weights of events, and the seed.

    Where several models in two stages fill the personal shelf, no part has the role `PERSONAL`, and every source has
    the role by the name of its model.
    """

    parts: dict[str, ModelSpec]
    weights: Weights
    seed: int
    hybrid: HybridConfig | None = None
    objectives: tuple[Objective, ...] = ()
    """What placements are for beside the objective of the hybrid; each has a ranker of its own."""

    @classmethod
    def from_settings(cls, settings: Settings, model: str | None = None) -> Self:
        """Read the recipe that `aisle.toml` asks for.

        Parameters
        ----------
        model
            The personal model, instead of the one in `aisle.toml`.

        Raises
        ------
        SettingsError
            If a model is unknown or one of its settings is out of range.
        """
        personal = model or settings.train.model
        hybrid = HybridConfig.parse(settings.models.get(HYBRID, {})) if personal == HYBRID else None
        names = {POPULAR: FALLBACK} | ({PERSONAL: personal} if hybrid is None else {one: one for one in hybrid.sources})
        predicts = hybrid is None and issubclass(by_name(personal), PredictsRatings)
        if settings.train.stars is not None and not predicts:
            names[STARS] = settings.train.stars
        strategies = {placement.strategy for placement in settings.placements.values()}
        asked = {model for strategy in strategies for model in NEEDS.get(strategy, (strategy,))}
        names |= {name: name for name in sorted(asked - {personal, FALLBACK})}
        return cls(
            parts={role: ModelSpec.from_settings(settings, name) for role, name in names.items()},
            weights=Weights.parse(settings.weights),
            seed=settings.train.seed,
            hybrid=hybrid,
            objectives=_objectives(settings, hybrid),
        )

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:
        """Read a recipe back from the registry.

        Raises
        ------
        SettingsError
            If it was written by another version of Aisle, with settings that this one does not know.
        """
        try:
            return msgspec.convert(_with_current_names(values), cls)
        except msgspec.ValidationError as error:
            raise SettingsError(f"a recipe of another version of Aisle: {error}; run aisle train") from None

    @property
    def model(self) -> str:
        """The personal model's name."""
        return HYBRID if self.hybrid else self.parts[PERSONAL].model

    def only_popular(self) -> Self:
        """Return the recipe that shows everybody the bestsellers."""
        bestsellers = ModelSpec(BASELINE, by_name(BASELINE).config_type().plain())
        parts = dict.fromkeys((PERSONAL, POPULAR), bestsellers)
        return msgspec.structs.replace(self, parts=parts, hybrid=None, objectives=())


def ranker_of(objective: Objective | None) -> str:
    """Return the role of the ranker that learns an objective; None stands for that of the hybrid."""
    return RANKER if objective is None else f"{RANKER}_{objective}"


def _objectives(settings: Settings, hybrid: HybridConfig | None) -> tuple[Objective, ...]:
    """Return the objectives of placements that are another than the hybrid's, each once and in order."""
    if hybrid is None:
        return ()
    asked = {placement.objective for placement in settings.placements.values()} - {None, hybrid.objective}
    return tuple(sorted(one for one in asked if one is not None))


def _with_current_names(values: dict[str, Any]) -> dict[str, Any]:
    """Return a recipe's values with what models are called today."""
    parts = values.get("parts")
    if not isinstance(parts, dict):
        return values
    renamed = {
        current_name(role): part | {"model": current_name(part["model"])} if "model" in part else part
        for role, part in parts.items()
    }
    return values | {"parts": renamed}
