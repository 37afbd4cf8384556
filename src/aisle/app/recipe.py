"""A recipe: everything that decides what training makes of the same events. The promotion gate compares recipes."""

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import msgspec
import numpy as np

from aisle.app.settings import Settings
from aisle.engine.retrieval import Retrieval
from aisle.prepare.weigh import Weights
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Recommender
from aisle.recommenders.catalog import by_name
from aisle.shop.errors import NotEnoughData

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

PERSONAL: Final = "personal"
POPULAR: Final = "popular"
STARS: Final = "stars"
"""The roles that every bundle may have; the strategy of a placement is a role by the name of its model."""

FALLBACK: Final = "popularity"
"""The model that fills shelves and answers for shoppers without a history."""

FEWEST_STARS: Final = 100
"""With fewer ratings than this, nobody's stars are predicted."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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


class Others(NamedTuple):
    """What a bundle holds beside the personal and the popular model, by role, and why some role stayed empty."""

    fitted: dict[str, Recommender[Any]]
    left_out: dict[str, str]


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The models of each role, the weights of events, and the seed."""

    parts: dict[str, Part]
    weights: Weights
    seed: int

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
        names = {PERSONAL: personal, POPULAR: FALLBACK}
        if settings.train.stars is not None and not issubclass(by_name(personal), PredictsRatings):
            names[STARS] = settings.train.stars
        strategies = {placement.strategy for placement in settings.placements.values()}
        names |= {strategy: strategy for strategy in sorted(strategies - {personal, FALLBACK})}
        return cls(
            parts={role: Part.from_settings(settings, name) for role, name in names.items()},
            weights=Weights.parse(settings.weights),
            seed=settings.train.seed,
        )

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:
        """Read a recipe back from the registry."""
        return msgspec.convert(values, cls)

    @property
    def model(self) -> str:
        """The personal model's name."""
        return self.parts[PERSONAL].model

    def only_popular(self) -> Self:
        """Return the recipe that shows everybody the popular shelf."""
        return msgspec.structs.replace(self, parts=dict.fromkeys((PERSONAL, POPULAR), self.parts[POPULAR]))

    def fit(self, data: "Interactions") -> Retrieval:
        """Train the personal and the popular model on the same data."""
        return Retrieval(*(self.parts[role].fit(data, self.seed) for role in (PERSONAL, POPULAR)))

    def fit_others(self, data: "Interactions") -> Others:
        """Train what predicts stars and what fills placements, as far as the data allows."""
        others = Others({}, {})
        for role in sorted(self.parts.keys() - {PERSONAL, POPULAR}):
            try:
                if role == STARS and np.isfinite(data.log.rating).sum() < FEWEST_STARS:
                    raise NotEnoughData(f"fewer than {FEWEST_STARS} ratings")
                others.fitted[role] = self.parts[role].fit(data, self.seed)
            except NotEnoughData as error:
                others.left_out[role] = str(error)
        return others
