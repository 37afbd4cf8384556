"""The recommenders by name, and what else a bundle may hold; a module is imported only when its class is needed."""

from importlib import import_module
from typing import Any, Final

from aisle.recommenders.base import Component, Recommender
from aisle.shop.errors import SettingsError

_RECOMMENDERS: Final = {
    "als": "implicit.als:ALS",
    "als_wr": "ratings.als_wr:ALSWR",
    "audience": "implicit.audience:Audience",
    "baseline": "ratings.baseline:Baseline",
    "blend": "implicit.blend:Blend",
    "co_purchase": "implicit.co_purchase:CoPurchase",
    "content": "content.content:Content",
    "ease": "implicit.ease:EASE",
    "graph_filter": "implicit.graph_filter:GraphFilter",
    "item_knn": "implicit.item_knn:ItemKNN",
    "knn_baseline": "ratings.knn_baseline:KNNBaseline",
    "knn_means": "ratings.knn_means:KNNMeans",
    "newcomer_popularity": "popular.newcomer_popularity:NewcomerPopularity",
    "popularity": "popular.popularity:Popularity",
    "repeat": "implicit.repeat:Repeat",
    "sequential_rules": "sequential.sequential_rules:SequentialRules",
    "session_knn": "sequential.session_knn:SessionKNN",
    "svd": "ratings.svd:SVD",
    "svdpp": "ratings.svdpp:SVDpp",
    "trending": "popular.trending:Trending",
    "user_knn": "implicit.user_knn:UserKNN",
}
"""Where the class of each recommender is: its module in this package, and its name there."""

_OTHERS: Final = {
    "calibration": "second_stage.calibration:Calibration",
    "candidate_pruner": "second_stage.candidate_pruner:CandidatePruner",
    "item_state": "second_stage.item_state:ItemState",
    "ranker": "second_stage.ranker:Ranker",
    "rebuying": "second_stage.rebuying:Rebuying",
    "review_highlights": "second_stage.review_highlights:ReviewHighlights",
    "shelf_sample": "second_stage.shelf_sample:ShelfSample",
}
"""The same for what else a bundle may hold."""

RENAMED: Final = {"cut": "candidate_pruner", "praise": "review_highlights", "welcome": "newcomer_popularity"}
"""Names that older bundles, recipes and settings use, and the names of today."""

NAMES: Final = tuple(_RECOMMENDERS)
"""The name of every recommender, in alphabetical order."""


def current_name(name: str) -> str:
    """Return today's name of a recommender or role, given the name of any version."""
    return RENAMED.get(name, name)


def by_name(name: str) -> type[Recommender[Any]]:
    """Return the class of a recommender.

    Raises
    ------
    SettingsError
        If there is none of that name.
    """
    name = current_name(name)
    if name not in _RECOMMENDERS:
        raise SettingsError(f"there is no model {name!r}; choose one of {', '.join(NAMES)}")
    recommender: type[Recommender[Any]] = _class_at(_RECOMMENDERS[name])
    return recommender


def component_by_name(name: str) -> type[Component[Any]]:
    """Return the class of anything that a bundle may hold.

    Raises
    ------
    SettingsError
        If there is none of that name.
    """
    place = _OTHERS.get(current_name(name))
    if place is None:
        return by_name(name)
    component: type[Component[Any]] = _class_at(place)
    return component


def _class_at(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(f"{__package__}.{module}"), name)
