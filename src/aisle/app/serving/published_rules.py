"""The rules of placements at a moment: those of `aisle.toml`, overridden field by field by what the team published.

Live shelves, batches on any engine, reports and explanations all take their placements from `placements_at`.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aisle.app.serving.placements import placements_of
from aisle.app.settings import Settings
from aisle.engine.placement import Placement
from aisle.shop import moments
from aisle.storage.connection import Database
from aisle.storage.shelves import placement_rules
from aisle.storage.shelves.placement_rules import RulesRow


def in_force(rows: Iterable[RulesRow], moment: int) -> dict[str, RulesRow]:
    """Return the version of each placement's rules that counts at a moment.

    It is the newest one whose schedule holds, and where none does, the newest one without a schedule.

    Parameters
    ----------
    rows
        Versions that were not taken back.
    """
    holding = (row for row in rows if row.holds(moment))
    return {row.placement: row for row in sorted(holding, key=lambda row: (row.is_scheduled, row.version))}


def next_change(rows: Iterable[RulesRow], moment: int) -> float:
    """Return the next moment at which a schedule begins or ends; infinity if none does."""
    ends = (end for row in rows for end in (row.starts, row.ends) if end is not None and end > moment)
    return min(ends, default=float("inf"))


def placements_at(settings: Settings, rows: Iterable[RulesRow], moment: int) -> dict[str, Placement]:
    """Return every placement of a shop by name, as it is at a moment."""
    return placements_of(settings, {name: values_of(row.rules) for name, row in in_force(rows, moment).items()})


def read_placements(db: Database, settings: Settings) -> dict[str, Placement]:
    """Return every placement of a shop by name, as it is now."""
    moment = moments.now()
    return placements_at(settings, placement_rules.counting(db, moment), moment)


def values_of(rules: str | None) -> dict[str, Any]:
    """Return the rules that a stored JSON object overrides."""
    values: dict[str, Any] = json.loads(rules or "{}")
    return values


def stored_form(values: Mapping[str, Any]) -> str:
    """Return rules as a JSON object; unlike JSON proper, it may hold infinity, as `aisle.toml` may."""
    return json.dumps(values, ensure_ascii=False)
