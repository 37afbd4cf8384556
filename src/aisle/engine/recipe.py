"""A recipe: everything that decides what training makes of the same events. The promotion gate compares recipes."""

from collections.abc import Mapping
from typing import Any, Final, Self

import msgspec

from aisle.engine.ranking.examples import Objective
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.engine.ranking.hybrid import HybridConfig
from aisle.prepare.interactions import Interactions
from aisle.prepare.weigh import Weights
from aisle.recommenders.abilities import HasItemVectors
from aisle.recommenders.base import Recommender
from aisle.recommenders.catalog import by_name, current_name
from aisle.shop.errors import SettingsError

PERSONAL: Final = "personal"
POPULAR: Final = "popular"
STARS: Final = "stars"
"""The roles that every bundle may have; a model that a placement asks for has the role by its own name."""

PRUNER: Final = "candidate_pruner"
RANKER: Final = "ranker"
STATE: Final = "item_state"
"""The roles of what a hybrid has beside its sources, which have roles by the names of their models."""

CALIBRATION: Final = "calibration"
"""The role of what turns the scores of a hybrid into chances."""

HIGHLIGHTS: Final = "review_highlights"
"""The role of the phrases with which reviewers praise items."""

REBUYING: Final = "rebuying"
"""The role of what is known of items that shoppers buy again."""

SHELF_SAMPLE: Final = "shelf_sample"
"""The role of the shelves of held-out shoppers on which a change of the rules is tried."""

BASELINE: Final = "popularity"
"""The model that every other one is compared with."""

FALLBACK: Final = "newcomer_popularity"
"""The model that fills shelves up and answers for shoppers without a history."""


class ModelSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model by name, with every setting written out."""

    model: str
    settings: dict[str, Any]

    @classmethod
    def parse(cls, model: str, settings: Mapping[str, Any]) -> Self:
        """Check a model's settings and add the defaults.

        Raises
        ------
        SettingsError
            If the model is unknown or one of its settings is out of range.
        """
        return cls(model, by_name(model).config_type.parse(settings).plain())

    def fit(self, data: Interactions, seed: int) -> Recommender[Any]:
        """Train the model, and index its vectors."""
        model_type = by_name(self.model)
        model = model_type(model_type.config_type.parse(self.settings)).fit(data, seed=seed)
        if isinstance(model, HasItemVectors):
            model.index(seed)
        return model


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The models of each role, the weights of events, and the seed.

    Where a hybrid fills the personal shelf, no model has the role `PERSONAL`, and every source has the role by its own
    name.
    """

    parts: dict[str, ModelSpec]
    """The models by role."""
    weights: Weights
    seed: int
    hybrid: HybridConfig | None = None
    objectives: tuple[Objective, ...] = ()
    """The objectives of placements beside that of the hybrid; each has a ranker of its own."""

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:
        """Read a recipe back from the registry, with current names and with defaults for settings newer than it.

        Raises
        ------
        SettingsError
            If another version of Aisle wrote it, with settings that this version does not know.
        """
        try:
            recipe = msgspec.convert(values, cls)
        except msgspec.ValidationError as error:
            raise SettingsError(f"a recipe of another version of Aisle: {error}; run aisle train") from None
        parts = {
            current_name(role): ModelSpec.parse(current_name(spec.model), spec.settings)
            for role, spec in recipe.parts.items()
        }
        return msgspec.structs.replace(recipe, parts=parts)

    @property
    def model(self) -> str:
        """The personal model's name."""
        return HYBRID if self.hybrid else self.parts[PERSONAL].model

    def only_popular(self) -> Self:
        """Return the recipe that shows everybody the bestsellers."""
        bestsellers = ModelSpec.parse(BASELINE, {})
        parts = dict.fromkeys((PERSONAL, POPULAR), bestsellers)
        return msgspec.structs.replace(self, parts=parts, hybrid=None, objectives=())


def ranker_of(objective: Objective | None) -> str:
    """Return the role of the ranker that learns an objective; None stands for that of the hybrid."""
    return RANKER if objective is None else f"{RANKER}_{objective}"
