"""The placements of a shop: the standard ones, as `aisle.toml` and the team change them, and the shop's own."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, TypeVar

from aisle.app.settings import PlacementSection, Settings
from aisle.engine.placement import Placement
from aisle.engine.shelf.rules import Rules
from aisle.engine.strategies import STRATEGIES, strategy_named
from aisle.shop.errors import InputError, NotFound, SettingsError

T = TypeVar("T")

STANDARD: Final = {strategy.placement: name for name, strategy in STRATEGIES.items() if strategy.placement}
"""The placements that every shop has, and the strategy of each."""

DEFAULT_STRATEGY: Final = "personal"
"""The strategy of a shop's own placement that names none."""


NOTHING_PUBLISHED: Final[Mapping[str, Mapping[str, Any]]] = {}

_log: Final = logging.getLogger(__name__)


def placements_of(
    settings: Settings, published: Mapping[str, Mapping[str, Any]] = NOTHING_PUBLISHED
) -> dict[str, Placement]:
    """Return every placement of a shop by name.

    Parameters
    ----------
    published
        The rules that override those of `aisle.toml`, field by field, by placement. Where they no longer fit what
        `aisle.toml` says, the log tells it, and they do not count: a shelf is never an error.
    """
    placements = {name: _placement(name, section) for name, section in _sections(settings).items()}
    for name in placements.keys() & published.keys():
        try:
            placements[name] = placement_with(settings, name, published[name])
        except SettingsError as error:
            _log.warning("the published rules of placement %s do not count: %s", name, error)
    return placements


def placement_with(settings: Settings, name: str, rules: Mapping[str, Any]) -> Placement:
    """Return a placement with its rules in `aisle.toml` overridden field by field.

    Raises
    ------
    NotFound
        If there is none of this name.
    SettingsError
        If a rule is unknown, out of range, or contradicts another one or one of `aisle.toml`.
    """
    sections = _sections(settings)
    placement_named(sections, name)
    return _placement(name, sections[name], rules)


def placement_named(placements: Mapping[str, T], name: str) -> T:
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


def changed(placement: Placement, settings: Mapping[str, Any]) -> Placement:
    """Return a placement as a variant of an experiment changes it: `strategy`, `objective`, and rules by their names.

    Raises
    ------
    SettingsError
        If a setting is unknown, out of range or contradicts another.
    """
    rules = dict(settings)
    section = PlacementSection.model_validate(
        {
            "strategy": rules.pop("strategy", placement.strategy.name),
            "objective": rules.pop("objective", placement.objective),
        }
    )
    strategy = strategy_named(section.strategy or placement.strategy.name)
    return Placement(placement.name, strategy, section.objective, Rules.parse(placement.rules.plain() | rules))


def _sections(settings: Settings) -> dict[str, PlacementSection]:
    return dict.fromkeys(STANDARD, PlacementSection()) | settings.placements


def _placement(name: str, section: PlacementSection, published: Mapping[str, Any] = MappingProxyType({})) -> Placement:
    strategy = strategy_named(section.strategy or STANDARD.get(name, DEFAULT_STRATEGY))
    rules = Rules.parse({**strategy.rules, **(section.model_extra or {}), **published})
    return Placement(name, strategy, section.objective, rules)
