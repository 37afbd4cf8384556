"""What the ranker sees of a candidate: the same function in training and live, as of the moment of each profile.

Nothing here knows the future: profiles end before their moment, sources and item state were frozen before it.

A shopper *takes* an item by an event of the log's target kind, such as a purchase, and *looks* at it by any other event
that tells of liking it. The features themselves are in `kernels.features_numpy`.
"""

from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.candidates import Candidates
from aisle.kernels.features_numpy import (
    ItemFeatures,
    Known,
    MatchFeatures,
    Moments,
    PairFeatures,
    Sources,
    UserFeatures,
    stacked,
)
from aisle.kernels.tallies_numpy import CARTED, LOOKED, RATED, RETURNED, TAKEN, Events, Items, Lists
from aisle.prepare.profiles import Profiles
from aisle.recommenders.second_stage.item_state import WINDOWS, ItemState
from aisle.recommenders.topn import compiled
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.moments import DAY

Floats = NDArray[np.float32]
_NEVER: Final = np.float32(np.nan)


def _prefixed(prefix: str, group: type[Any]) -> tuple[str, ...]:
    return tuple(f"{prefix}_{name}" for name in group._fields)


OF_PAIR: Final = _prefixed("pair", PairFeatures)
_OTHERS: Final = (
    *_prefixed("user", UserFeatures),
    *_prefixed("item", ItemFeatures),
    *_prefixed("match", MatchFeatures),
)


def names(sources: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the columns of `features`, in their order."""
    of_sources = tuple(f"{what}_{source}" for what in ("score", "rank") for source in sources)
    return (*of_sources, "sources", *OF_PAIR, *_OTHERS)


def features(profiles: Profiles, candidates: Candidates, state: ItemState) -> Floats:
    """Return the features of each candidate, (candidates, features) float32; NaN where something is not known.

    Parameters
    ----------
    profiles
        One per query, each as of its own moment.
    """
    if compiled(len(profiles)):
        from aisle.kernels.features import features
    else:
        from aisle.kernels.features_numpy import features
    return features(
        Sources(candidates.scores, candidates.ranks),
        _events_of(profiles, int(state.target_kind_[0])),
        Lists(candidates.lists.indptr, candidates.lists.items),
        _known_of(state),
        Moments(profiles.now, state.moment, DAY),
    )


# --- What the events say ----------------------------------------------------------------------------------------------


def _events_of(profiles: Profiles, target_kind: int) -> Events:
    now = profiles.now[0] if len(profiles) == 1 else profiles.now[profiles.owner]
    return Events(
        profiles.indptr,
        profiles.item,
        _acts(profiles, target_kind),
        profiles.rating,
        (now - profiles.timestamp) / DAY,
        profiles.timestamp // DAY,
    )


_NO_LOOKS: Final = (
    EventKind.REMOVE_FROM_CART,
    EventKind.REMOVE_FROM_WISHLIST,
    EventKind.HIDE,
    EventKind.UNHIDE,
)
"""The events that show no interest in an item."""


def _acts(profiles: Profiles, target_kind: int) -> NDArray[np.int8]:
    """Return what each event is, in the bits of `kernels.tallies_numpy`, (events,)."""
    acts = _by_kind(target_kind)[profiles.kind]
    without_stars = (profiles.kind == KIND_CODES[EventKind.RATE]) & ~np.isfinite(profiles.rating)
    if without_stars.any():
        acts[without_stars] = TAKEN if target_kind == KIND_CODES[EventKind.RATE] else LOOKED
    return acts


@lru_cache(maxsize=len(KIND_CODES))
def _by_kind(target_kind: int) -> NDArray[np.int8]:
    """Return what an event of each kind is, by its code, (kinds,)."""
    acts = np.full(len(KIND_CODES), LOOKED, np.int8)
    acts[KIND_CODES[EventKind.ADD_TO_CART]] |= CARTED
    acts[[KIND_CODES[kind] for kind in _NO_LOOKS]] = 0
    acts[KIND_CODES[EventKind.REFUND]] = RETURNED
    acts[KIND_CODES[EventKind.RATE]] = RATED
    acts[target_kind] = TAKEN | (acts[target_kind] & (RATED | RETURNED))
    return acts


# --- What is known of the items ---------------------------------------------------------------------------------------


_known: Final[WeakKeyDictionary[ItemState, Known]] = WeakKeyDictionary()


def _known_of(state: ItemState) -> Known:
    """Return what a state says at any moment, which is found once."""
    if state not in _known:
        popularity = np.log1p(state.target_counts_[:, 1])
        items = Items((state.category_, state.department_, state.brand_), popularity, state.price_)
        rows = stacked(_at_any_moment(state))
        _known[state] = Known(items, np.exp(state.interval_), rows, state.first_, state.last_)
    return _known[state]


def _at_any_moment(state: ItemState) -> ItemFeatures:
    """Return the features of all items, (items,), but for those that count from the moment."""
    taken, looked = state.target_counts_, np.log1p(state.look_counts_[:, :2])
    month, quarter = taken[:, 1], taken[:, 2]
    taken_7, taken_28, taken_91, taken_364 = np.log1p(taken).T
    expected = quarter * (WINDOWS[1] / WINDOWS[2])
    unknown = np.full(len(taken), _NEVER)
    return ItemFeatures(
        taken_7=taken_7,
        taken_28=taken_28,
        taken_91=taken_91,
        taken_364=taken_364,
        looked_7=looked[:, 0],
        looked_28=looked[:, 1],
        trend=np.log((month + 1) / (expected + 1)),
        buyers=np.log1p(state.buyers_),
        rebuyers=state.rebuyers_,
        interval=state.interval_,
        age=unknown,
        since_taken=unknown,
        price=np.log(np.maximum(state.price_, np.float32(0.01))),
        returned=state.returned_,
        stars=state.stars_,
        stock=state.stock_,
        clicked=unknown if state.clicked_ is None else state.clicked_,
    )
