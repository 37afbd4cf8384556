"""Which recommenders there are, by name, and what else can be learnt; each is imported only when asked for."""

from importlib import import_module
from typing import Any, Final

from aisle.recommenders.base import Part, Recommender
from aisle.shop.errors import SettingsError

_CLASSES: Final = {
    "als": "ALS",
    "als_wr": "ALSWR",
    "audience": "Audience",
    "baseline": "Baseline",
    "blend": "Blend",
    "co_purchase": "CoPurchase",
    "content": "Content",
    "ease": "EASE",
    "graph_filter": "GraphFilter",
    "item_knn": "ItemKNN",
    "knn_baseline": "KNNBaseline",
    "knn_means": "KNNMeans",
    "popularity": "Popularity",
    "repeat": "Repeat",
    "sequential_rules": "SequentialRules",
    "session_knn": "SessionKNN",
    "svd": "SVD",
    "svdpp": "SVDpp",
    "trending": "Trending",
    "user_knn": "UserKNN",
    "welcome": "Welcome",
}
"""The class of each name; its module has the name itself."""

_OTHERS: Final = {"cut": "Cut", "item_state": "ItemState", "praise": "Praise", "ranker": "Ranker"}
"""What else a bundle may hold, in the same way."""

NAMES: Final = tuple(_CLASSES)
"""Every recommender's name, in alphabetical order."""


def by_name(name: str) -> type[Recommender[Any]]:
    """Return the class of a recommender.

    Raises
    ------
    SettingsError
        If there is none of that name.
    """
    if name not in _CLASSES:
        raise SettingsError(f"there is no model {name!r}; choose one of {', '.join(NAMES)}")
    found: type[Recommender[Any]] = _load(name, _CLASSES[name])
    return found


def part_by_name(name: str) -> type[Part]:
    """Return the class of anything that a bundle may hold.

    Raises
    ------
    SettingsError
        If there is none of that name.
    """
    if name not in _OTHERS:
        return by_name(name)
    found: type[Part] = _load(name, _OTHERS[name])
    return found


def _load(module: str, name: str) -> Any:
    return getattr(import_module(f"aisle.recommenders.{module}"), name)
