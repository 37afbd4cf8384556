"""The recipe that `aisle.toml` asks for."""

from collections.abc import Iterable

from aisle.app.serving.placements import placements_of
from aisle.app.settings import Settings
from aisle.engine.placement import Placement
from aisle.engine.ranking.examples import Objective
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.engine.ranking.hybrid import HybridConfig
from aisle.engine.recipe import FALLBACK, PERSONAL, POPULAR, STARS, ModelSpec, Recipe
from aisle.prepare.weigh import Weights
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.catalog import NAMES, by_name, current_name
from aisle.shop.errors import SettingsError


def recipe_of(settings: Settings, model: str | None = None) -> Recipe:
    """Return the recipe that the settings ask for.

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
    if personal != HYBRID and current_name(personal) not in NAMES:
        raise SettingsError(f"there is no model {personal!r}; choose one of {', '.join((HYBRID, *NAMES))}")
    hybrid = HybridConfig.parse(settings.models.get(HYBRID, {})) if personal == HYBRID else None
    placements = placements_of(settings).values()
    names = {POPULAR: FALLBACK} | ({PERSONAL: personal} if hybrid is None else {name: name for name in hybrid.sources})
    predicts = hybrid is None and issubclass(by_name(personal), PredictsRatings)
    if settings.train.stars is not None and not predicts:
        names[STARS] = settings.train.stars
    needed = {name for placement in placements for name in placement.strategy.needs}
    names |= {name: name for name in sorted(needed - {personal, FALLBACK})}
    return Recipe(
        parts={role: ModelSpec.parse(name, settings.models.get(name, {})) for role, name in names.items()},
        weights=Weights.parse(settings.weights),
        seed=settings.train.seed,
        hybrid=hybrid,
        objectives=_objectives(placements, hybrid),
    )


def _objectives(placements: Iterable[Placement], hybrid: HybridConfig | None) -> tuple[Objective, ...]:
    """Return the objectives of placements that differ from the hybrid's, each once and in order."""
    if hybrid is None:
        return ()
    objectives = {placement.objective for placement in placements} - {None, hybrid.objective}
    return tuple(sorted(objective for objective in objectives if objective is not None))
