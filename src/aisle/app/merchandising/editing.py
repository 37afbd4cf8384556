"""One step of editing: an item or a group is pinned, locked, boosted, buried or hidden, or let go."""

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

import tomlkit

from aisle.engine.shelf.groups import KINDS, Group, Named, read_named
from aisle.engine.shelf.rules import Rules
from aisle.shop.errors import InputError, SettingsError

Action = Literal["pin", "lock", "boost", "bury", "hide", "free", "window"]

ACTIONS: Final = get_args(Action)

BOOST: Final = 2.0
"""The factor of a boost that names none: the twentieth item ranks like a tenth."""

BURY: Final = 0.25
"""The factor of an item that is buried: the tenth ranks like a fortieth."""


def edited(rules: Rules, published: Mapping[str, Any], action: str, what: str, value: str = "") -> dict[str, Any]:
    """Return what is to be published after one step.

    Parameters
    ----------
    rules
        All rules of the placement, with those that are to be published.
    published
        The latter, by their names.
    action
        One of `ACTIONS`.
    what
        An item or a group, as rules name it; for a window, `brand` or `category`.
    value
        The place of a lock, from 1; the factor of a boost; the most items in a window, as in `1 in 4`, or nothing.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if action not in ACTIONS:
        raise InputError(f"there is no action {action!r}; choose one of {', '.join(ACTIONS)}")
    if action == "window":
        at_most = {name: most for name, most in rules.at_most.items() if name != what}
        return {**published, "at_most": at_most | ({what: value.strip()} if value.strip() else {})}
    named = _named(what)
    kept = _without(rules, named)
    match action:
        case "pin":
            kept["pins"] += (what,)
        case "lock":
            place = _number(value, "place")
            kept["locks"] = {name: held for name, held in kept["locks"].items() if held != place} | {what: int(place)}
        case "boost" | "bury":
            factor = _number(value, "factor") if value.strip() else BOOST if action == "boost" else BURY
            kept["boosts"] = kept["boosts"] | {what if isinstance(named, Group) else f"item:{named}": factor}
        case "hide":
            kept["exclude"] += (what,)
    changed = {name: value for name, value in kept.items() if value != getattr(rules, name)}
    return {**published, **{name: list(one) if isinstance(one, tuple) else one for name, one in changed.items()}}


def item_named(item_id: str) -> str:
    """Return how rules name an item: by its id, after `item:` where the id itself begins as a group does."""
    return f"item:{item_id}" if item_id.partition(":")[0] in KINDS and ":" in item_id else item_id


def to_toml(rules: Mapping[str, Any]) -> str:
    """Write rules as a section of `aisle.toml` has them, without its head."""
    return tomlkit.dumps({name: value for name, value in rules.items() if value is not None})


def from_toml(text: str) -> dict[str, Any]:
    """Read what `to_toml` writes.

    Raises
    ------
    InputError
        If it is not TOML.
    """
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"the rules cannot be read as TOML: {error}") from None


def _without(rules: Rules, named: Named) -> dict[str, Any]:
    """Return every rule that may name an item or a group, without this one."""
    boosts = {key: factor for key, factor in rules.boosts.items() if _named(key) != named}
    return {
        "pins": tuple(text for text in rules.pins if _named(text) != named),
        "locks": {text: place for text, place in rules.locks.items() if _named(text) != named},
        "boosts": boosts,
        "exclude": tuple(text for text in rules.exclude if _named(text) != named),
    }


def _named(text: str) -> Named:
    try:
        return read_named("a rule", text)
    except SettingsError as error:
        raise InputError(str(error)) from None


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{text!r} is no {what}; write a number") from None
