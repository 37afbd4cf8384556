"""The trials of a search: settings that were tried, and what they reached."""

from typing import Any, Final

import msgspec

STUDIES: Final = "studies.db"
"""The file in the shop's folder that keeps the trials."""


class Trial(msgspec.Struct, frozen=True):
    """Settings that were tried, and the figure that they reached; higher is better."""

    number: int
    settings: dict[str, Any]
    value: float
