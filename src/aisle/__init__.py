"""Aisle, the recommendation engine of an online shop."""

from typing import TYPE_CHECKING

from aisle._version import __version__

if TYPE_CHECKING:
    from aisle.app.shop import Shop

__all__ = ["Shop", "__version__"]


def __getattr__(name: str) -> object:
    # `from aisle import Shop` loads the engine only for those who want it: a command's start-up counts.
    if name == "Shop":
        from aisle.app.shop import Shop

        return Shop
    raise AttributeError(f"module 'aisle' has no attribute {name!r}")
