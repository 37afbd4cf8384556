"""The placements of a shop: the standard ones, as `aisle.toml` changes them, and the shop's own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from aisle.app.settings import PlacementSection, Settings
from aisle.engine.placement import Placement
from aisle.engine.shelf.rules import Rules
from aisle.engine.strategies import STRATEGIES, strategy_named
from aisle.shop.errors import InputError, NotFound, SettingsError

STANDARD: Final = {strategy.placement: name for name, strategy in STRATEGIES.items() if strategy.placement}
"""The placements that every shop has, and the strategy of each."""

DEFAULT_STRATEGY: Final = "personal"
"""The strategy of a shop's own placement that names none."""


def placements_of(settings: Settings) -> dict[str, Placement]:
    """Return every placement of a shop by name."""
    sections = dict.fromkeys(STANDARD, PlacementSection()) | settings.placements
    return {name: _placement(name, section) for name, section in sections.items()}


def placement_named(placements: dict[str, Placement], name: str) -> Placement:
    """Return a placement by name.

    Raises
    ------
    NotFound
        If there is none of this name.
    """
    if name not in placements:
        raise NotFound(f"there is no placement {name!r} in aisle.toml; those there are: {', '.join(placements)}")
    return placements[name]


def with_rules(placement: Placement, rules: Mapping[str, Any]) -> Placement:
    """Return a placement with some of its rules overridden.

    Raises
    ------
    InputError
        If a rule is unknown, out of range or contradicts another.
    """
    if not rules:
        return placement
    try:
        return replace(placement, rules=Rules.parse(placement.rules.plain() | dict(rules)))
    except SettingsError as error:
        raise InputError(str(error)) from None


def _placement(name: str, section: PlacementSection) -> Placement:
    strategy = strategy_named(section.strategy or STANDARD.get(name, DEFAULT_STRATEGY))
    rules = Rules.parse({**strategy.rules, **(section.model_extra or {})})
    return Placement(name, strategy, section.objective, rules)
