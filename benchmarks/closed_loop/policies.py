"""What is compared: ways to fill the shelf, each as settings of a shop, and variants of the hybrid's defaults."""

from collections.abc import Mapping
from typing import Any, Final

SHELF: Final = "recommended-for-you"

Settings = Mapping[tuple[str, ...], Mapping[str, Any]]
"""Settings by the names of their section."""

QUICK: Final[Settings] = {("models", "hybrid"): {"windows": 1, "questions": 800}}
"""A hybrid that trains within seconds, as `aisle demo` has it."""


def _hybrid(**placement: Any) -> Settings:
    """Return the settings of a hybrid whose shelf has these settings, too."""
    return {**QUICK, ("train",): {"model": "hybrid"}, ("placements", SHELF): placement}


POLICIES: Final[dict[str, Settings]] = {
    "popularity": {("train",): {"model": "popularity"}},
    "als": {("train",): {"model": "als"}},
    "hybrid": _hybrid(),
}
"""The policies by name, in the order of the table."""

MAIN: Final = ("popularity", "als", "hybrid")
"""Those that are compared unless others are named."""
