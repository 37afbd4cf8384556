"""Numba kernels: arrays in, arrays out. They know nothing of shoppers. Each has a readable NumPy twin beside it.

A module with compiled kernels compiles them when it is imported, or loads them from the cache on disk; the modules
ending in `_numpy` need NumPy alone.
"""

from typing import Final

COMPILED: Final = (
    "als",
    "neighbours",
    "partners",
    "products",
    "regression",
    "ridge",
    "sessions",
    "sgd",
    "similarities",
    "standard",
    "topn",
    "trees",
)
"""The modules that hold compiled kernels."""
