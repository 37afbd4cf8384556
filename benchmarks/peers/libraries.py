"""Whether another library can be measured here."""

import importlib.util
from typing import Final

from benchmarks.shared.rows import say

PACKAGES: Final = {"implicit": "implicit", "sklearn": "scikit-learn", "surprise": "scikit-surprise"}
"""The package that brings each library."""


def installed(library: str, model: str) -> bool:
    """Return whether a library is installed; if not, say that its model is skipped."""
    if importlib.util.find_spec(library):
        return True
    say(f"{library} {model} is skipped: {PACKAGES[library]} is not installed (uv sync --group peers)")
    return False
