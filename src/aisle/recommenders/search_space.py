"""The settings of each model that are tuned, and their ranges.

Settings that only trade time for accuracy, or that depend on what a shop wants, are not tuned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Whole:
    """Whole numbers from `low` to `high`, both included; on a log scale, 8 to 16 is as wide as 64 to 128."""

    low: int
    high: int
    log: bool = False


@dataclass(frozen=True)
class Real:
    """Numbers from `low` to `high`, both included."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of a few values, whose order does not matter."""

    values: tuple[str | float | None, ...]


Range = Whole | Real | Choice
Space = Mapping[str, Range]
"""The range of each tuned setting."""

_FACTORS: Final = Whole(8, 256, log=True)
_EPOCHS: Final = Whole(5, 60, log=True)
_DECAY: Final = Real(0.1, 1.0)
_SHARE: Final = Real(0.0, 1.0)
_SIMILARITY: Final = Choice(("cosine", "tfidf", "bm25", "jaccard"))
_LINKS: Final = Whole(20, 2000, log=True)

_DESCENT: Final[dict[str, Range]] = {
    "factors": _FACTORS,
    "epochs": _EPOCHS,
    "learning_rate": Real(0.001, 0.03, log=True),
    "regularization": Real(0.005, 0.3, log=True),
    "deviation": Real(0.01, 0.3, log=True),
}
_RATING_NEIGHBOURS: Final[Space] = {
    "by": Choice(("user", "item")),
    "similarity": Choice(("cosine", "msd", "pearson", "pearson_baseline")),
    "k": Whole(5, 200, log=True),
    "min_k": Whole(1, 10),
    "min_support": Whole(1, 10),
    "shrinkage": Real(1.0, 500.0, log=True),
}

SPACES: Final[Mapping[str, Space]] = {
    "als": {
        "factors": Whole(16, 512, log=True),
        "regularization": Real(0.001, 1.0, log=True),
        "regularization_exponent": _SHARE,
        "unobserved_weight": Real(0.001, 1.0, log=True),
        "iterations": Whole(4, 24),
    },
    "als_wr": {
        "factors": _FACTORS,
        "regularization": Real(0.01, 1.0, log=True),
        "iterations": Whole(4, 30),
    },
    "audience": {
        "window_days": Choice((7.0, 14.0, 28.0, 56.0)),
        "factors": _FACTORS,
        "shrinkage": Real(0.5, 50.0, log=True),
    },
    "baseline": {
        "method": Choice(("als", "sgd")),
        "user_regularization": Real(1.0, 100.0, log=True),
        "item_regularization": Real(1.0, 100.0, log=True),
        "epochs": _EPOCHS,
        "learning_rate": Real(0.001, 0.03, log=True),
        "regularization": Real(0.005, 0.3, log=True),
    },
    "blend": {},  # learns its weights itself; its members are tuned one by one
    "co_purchase": {
        "measure": Choice(("probability", "lift", "llr")),
        "min_support": Whole(1, 20, log=True),
        "neighbours": _LINKS,
        "decay": _DECAY,
    },
    "content": {
        "factors": Whole(16, 512, log=True),
        "content_factors": Whole(16, 512, log=True),
        "regularization": Real(0.1, 100.0, log=True),
        "prior_shoppers": Real(0.1, 100.0, log=True),
        "content_share": _SHARE,
    },
    "ease": {
        "regularization": Real(1.0, 5000.0, log=True),
        "neighbours": _LINKS,
        "recency": _DECAY,
    },
    "graph_filter": {
        "rank": Whole(32, 1024, log=True),
        "alpha": Real(0.01, 1.0, log=True),
        "neighbours": _LINKS,
    },
    "item_knn": {
        "neighbours": _LINKS,
        "similarity": _SIMILARITY,
        "alpha": _SHARE,
        "shrinkage": Real(0.0, 100.0),
    },
    "knn_baseline": _RATING_NEIGHBOURS,
    "knn_means": _RATING_NEIGHBOURS,
    "popularity": {
        "window_days": Choice((7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0, 3650.0)),
        "half_life_days": Choice((7.0, 30.0, 90.0, None)),
    },
    "repeat": {},  # has no settings
    "sequential_rules": {
        "by": Choice(("user", "session")),
        "window": Whole(1, 30, log=True),
        "distance_power": Real(0.0, 2.0),
        "confidence": _SHARE,
        "repeats": Choice((True, False)),
        "min_support": Whole(1, 10, log=True),
        "neighbours": _LINKS,
        "decay": _DECAY,
    },
    "session_knn": {
        "by": Choice(("user", "session")),
        "candidates": Whole(100, 5000, log=True),
        "neighbours": _LINKS,
        "last_items": Whole(1, 50, log=True),
        "decay": _DECAY,
        "distance_decay": _DECAY,
        "before": _SHARE,
        "rarity": _SHARE,
        "min_support": Whole(1, 5),
        "half_life_days": Choice((1.0, 7.0, 30.0, 90.0, None)),
    },
    "svd": _DESCENT,
    "svdpp": _DESCENT | {"factors": Whole(4, 64, log=True)},
    "trending": {
        "window_days": Real(1.0, 28.0, log=True),
        "baseline_days": Real(7.0, 180.0, log=True),
        "min_support": Whole(1, 20, log=True),
        "shrinkage": Real(0.5, 50.0, log=True),
    },
    "user_knn": {
        "neighbours": _LINKS,
        "similarity": _SIMILARITY,
        "alpha": _SHARE,
        "shrinkage": Real(0.0, 100.0),
        "popularity_discount": _SHARE,
    },
    "newcomer_popularity": {
        "half_life_days": Real(7.0, 182.0, log=True),
        "prior": Real(1.0, 200.0, log=True),
    },
}
"""The space of each model by name; empty for a model without tuned settings."""


def settle(space: Space, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Return drawn values with three significant digits; no log is long enough to tell more."""
    return {name: float(f"{value:.3g}") if isinstance(space[name], Real) else value for name, value in drawn.items()}


def holds(space: Space, settings: Mapping[str, Any]) -> bool:
    """Return whether settings are within a space."""
    return all(_holds(setting, settings[name]) for name, setting in space.items())


def _holds(setting: Range, value: Any) -> bool:
    inside: bool = value in setting.values if isinstance(setting, Choice) else setting.low <= value <= setting.high
    return inside
