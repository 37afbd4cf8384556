"""The rules for one event: what `validate` does for columns, for a row."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from aisle.ingest.json import is_object
from aisle.ingest.rows.cells import value
from aisle.ingest.rules import QUOTED, Fault, Rule, rules
from aisle.ingest.written import ISO_OR_EPOCH
from aisle.shop import columns as c
from aisle.shop.events import EARLIEST

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_RULES: Final = tuple(rules("events", {c.TIMESTAMP: ISO_OR_EPOCH}, EARLIEST))

_NO_VALUES: Final[dict[str, Any]] = dict.fromkeys(c.EVENTS)

_OF_TEXT: Final[dict[Fault, Callable[[str, float], bool]]] = {
    Fault.NO_OBJECT: lambda text, _: not is_object(text),
    Fault.LONGER: lambda text, limit: len(text.encode()) > limit,
    Fault.CONTROL: lambda text, _: _CONTROL.search(text) is not None,
    Fault.NUL: lambda text, _: "\x00" in text,
}
"""Whether a text has a fault, given the rule's limit."""

_OF_VALUE: Final[dict[Fault, Callable[[float, float, int], bool]]] = {
    Fault.BELOW: lambda value, limit, _: value < limit,
    Fault.ABOVE: lambda value, limit, _: value > limit,
    Fault.AHEAD: lambda value, limit, now: value > now + limit,
}
"""Whether a value has a fault, given the rule's limit and the present moment."""


def check_event(cells: Mapping[str, str | None], now: int) -> tuple[tuple[Any, ...] | None, str | None]:
    """Check one event.

    Parameters
    ----------
    cells
        Its texts by column; missing columns count as empty.
    now
        The present moment: timestamps may be a day ahead of it.

    Returns
    -------
    event
        Its values in the order of `shop.columns.EVENTS`, or None if it breaks a rule.
    reason
        The reason then.
    """
    given = frozenset(name for name in c.EVENTS if cells.get(name) is not None)
    values = _NO_VALUES | {name: value(name, cells[name]) for name in given}
    for rule in _rules_for(given):
        if _breaks(rule, cells, values, now):
            return None, _reason(rule, cells, values)
    return tuple(values.values()), None


@lru_cache(maxsize=256)
def _rules_for(given: frozenset[str]) -> tuple[Rule, ...]:
    """Return the rules that an event can break which fills these columns."""
    return tuple(rule for rule in _RULES if rule.columns[0] in given or rule.fault is Fault.MISSING)


def _breaks(rule: Rule, cells: Mapping[str, str | None], values: Mapping[str, Any], now: int) -> bool:
    name = rule.columns[0]
    text = cells.get(name)
    if text is None:
        return rule.fault is Fault.MISSING and _is_for(rule, values) and _all_empty(rule, cells)
    if rule.fault in _OF_TEXT:
        return _OF_TEXT[rule.fault](text, rule.limit)
    found = values[name]
    if found is None:
        return rule.fault is Fault.UNREADABLE
    return rule.fault in _OF_VALUE and _OF_VALUE[rule.fault](found, rule.limit, now)


def _is_for(rule: Rule, values: Mapping[str, Any]) -> bool:
    return rule.kinds is None or values[c.EVENT] in rule.kinds


def _all_empty(rule: Rule, cells: Mapping[str, str | None]) -> bool:
    return all(cells.get(name) is None for name in rule.columns)


def _reason(rule: Rule, cells: Mapping[str, str | None], values: Mapping[str, Any]) -> str:
    text = cells.get(rule.columns[0]) or ""
    letters = _CONTROL.sub("\ufffd", text[:QUOTED])
    return rule.sentence.format(f"'{letters}{'…' * (len(text) > QUOTED)}'", event=values[c.EVENT])
