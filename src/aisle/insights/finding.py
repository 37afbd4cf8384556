"""A finding: one thing that is odd in a shop's data."""

import math
from enum import StrEnum
from typing import Final

import msgspec


class Severity(StrEnum):
    """How much a finding matters."""

    SERIOUS = "serious"
    """Models or shelves are wrong until it is repaired."""
    WARNING = "warning"
    """It costs accuracy, or a part of Aisle has nothing to work with."""
    INFO = "info"
    """Good to know; nothing may be wrong."""


ORDER: Final = tuple(Severity)
"""The severities, from what matters most to what matters least."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is odd."""

    name: str
    """Its name for programs."""
    severity: Severity
    what: str
    """The finding in one sentence, without its numbers."""
    count: int
    of: int
    """The number of all: `count` and `of` are events, visitors, items or days, as `what` says."""
    example: str = ""
    advice: str
    """What to do about it."""

    @property
    def share(self) -> float:
        """The share that is odd, from 0 to 1."""
        return self.count / self.of if self.of else 0.0


def graded(share: float, warning: float, serious: float = math.inf) -> Severity:
    """Return the severity of a share: serious or a warning if it reaches that value, otherwise info."""
    if share >= serious:
        return Severity.SERIOUS
    return Severity.WARNING if share >= warning else Severity.INFO
