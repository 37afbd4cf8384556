"""Numba kernels: arrays in, arrays out. They know nothing of shoppers. Each has a readable NumPy twin beside it.

A module with compiled kernels compiles them when it is imported, or loads them from the cache on disk; the modules
ending in `_numpy` need NumPy alone.
"""

from importlib import import_module
from typing import Final

COMPILED: Final = (
    "als",
    "candidates",
    "dealings",
    "features",
    "histories",
    "lambdas",
    "lists",
    "neighbours",
    "pairs",
    "partners",
    "positive",
    "products",
    "regression",
    "ridge",
    "sessions",
    "sgd",
    "similarities",
    "standard",
    "standing",
    "tallies",
    "topn",
    "trees",
    "union",
)
"""The modules that hold compiled kernels."""

OF_A_SHELF: Final = (
    "als",
    "candidates",
    "dealings",
    "features",
    "histories",
    "lists",
    "pairs",
    "positive",
    "products",
    "sessions",
    "standing",
    "tallies",
    "topn",
    "trees",
    "union",
)
"""Those that one shelf needs."""

_loaded = False


def load() -> None:
    """Load the kernels that shelves need: from then on, a few queries are answered by kernels, too.

    It takes a second, which a server has, and a command for one shopper has not.
    """
    global _loaded
    for name in OF_A_SHELF:
        import_module(f"{__name__}.{name}")
    _loaded = True


def are_loaded() -> bool:
    """Whether this process has loaded the kernels that shelves need."""
    return _loaded
