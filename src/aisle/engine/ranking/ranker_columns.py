"""A ranker of a bundle, made to read the columns that `features` computes today."""

from typing import Final

from aisle.engine.ranking.features import names
from aisle.recommenders.second_stage.ranker import Ranker
from aisle.shop.errors import BundleError

_UNNAMED: Final = (
    "sources",
    "pair_taken", "pair_days", "pair_looked", "pair_carted", "pair_share", "pair_since_taken", "pair_since_looked",
    "pair_since_carted", "pair_since_first", "pair_stars", "pair_returned", "pair_due", "pair_rhythm",
    "user_taken", "user_looked", "user_items", "user_days", "user_since_taken", "user_since_any", "user_gap",
    "user_rebuys", "user_price", "user_hour", "user_weekday", "user_bundle_age",
    "item_taken_7", "item_taken_28", "item_taken_91", "item_taken_364", "item_looked_7", "item_looked_28",
    "item_trend", "item_buyers", "item_rebuyers", "item_interval", "item_age", "item_since_taken", "item_price",
    "item_returned", "item_stars", "item_stock",
    "match_price", "match_category", "match_department", "match_brand", "match_popularity",
)  # fmt: skip
"""The columns after those of the sources, in bundles that do not name them. The list never follows `features`, save for
a feature that gets another name there."""


def with_current_columns(ranker: Ranker, sources: tuple[str, ...]) -> Ranker:
    """Return a ranker that scores rows of `features`.

    Parameters
    ----------
    ranker
        From a bundle of any version.
    sources
        The names of the sources in its recipe, in their order.

    Raises
    ------
    BundleError
        If it looks at a feature that does not exist today, or names none and has not the number of features of that
        time.
    """
    named = ranker if ranker.features_ else ranker.named(_first_names(ranker, sources))
    return named.remapped(names(sources))


def _first_names(ranker: Ranker, sources: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the features of a ranker from before bundles named them."""
    first = (*(f"score_{source}" for source in sources), *(f"rank_{source}" for source in sources), *_UNNAMED)
    if len(ranker.importance_) != len(first):
        raise BundleError(
            f"the ranker has {len(ranker.importance_)} features without names, where Aisle had {len(first)}; "
            "run aisle train"
        )
    return first
