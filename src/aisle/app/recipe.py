"""A recipe: everything that decides what training makes of the same events. The promotion gate compares recipes."""

from typing import TYPE_CHECKING, Any, Self

import msgspec

from aisle.app.settings import Settings
from aisle.engine.retrieval import Retrieval
from aisle.prepare.weigh import Weights
from aisle.recommenders.base import Recommender
from aisle.recommenders.catalog import by_name

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

FALLBACK = "popularity"
"""The model that fills shelves and answers for shoppers without a history."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model's name and settings, the weights of events, and the seed."""

    model: str
    settings: dict[str, Any]
    popular: dict[str, Any]
    weights: Weights
    seed: int

    @classmethod
    def from_settings(cls, settings: Settings, model: str | None = None) -> Self:
        """Read the recipe that `aisle.toml` asks for, every default written out.

        Raises
        ------
        SettingsError
            If the model is unknown or one of its settings is out of range.
        """
        name = model or settings.train.model
        return cls(
            model=name,
            settings=by_name(name).config_type.parse(settings.models.get(name, {})).plain(),
            popular=by_name(FALLBACK).config_type.parse(settings.models.get(FALLBACK, {})).plain(),
            weights=Weights.parse(settings.weights),
            seed=settings.train.seed,
        )

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:
        """Read a recipe back from the registry."""
        return msgspec.convert(values, cls)

    def only_popular(self) -> Self:
        """Return the recipe that shows everybody the popular shelf."""
        return msgspec.structs.replace(self, model=FALLBACK, settings=self.popular)

    def fit(self, data: "Interactions") -> Retrieval:
        """Train the personal and the popular model on the same data."""
        personal, popular = _make(self.model, self.settings), _make(FALLBACK, self.popular)
        return Retrieval(personal.fit(data, seed=self.seed), popular.fit(data, seed=self.seed))


def _make(name: str, settings: dict[str, Any]) -> Recommender[Any]:
    made = by_name(name)
    return made(made.config_type.parse(settings))
