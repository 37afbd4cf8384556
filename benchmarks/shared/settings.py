"""Settings that are tried: all combinations of some values, and settings as text."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any


def grid(**values: Sequence[Any]) -> list[dict[str, Any]]:
    """Return every combination of values, as settings."""
    return [dict(zip(values, combination, strict=True)) for combination in product(*values.values())]


def described(settings: Mapping[str, Any]) -> str:
    """Return settings as text."""
    return ", ".join(f"{name}={value}" for name, value in settings.items())
