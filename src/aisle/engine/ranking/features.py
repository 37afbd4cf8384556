"""What the ranker sees of a candidate: the same function in training and live, as of the moment of each profile.

Nothing here knows the future: profiles end before their moment, sources and item state were frozen before it.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.candidates import Candidates
from aisle.prepare.profiles import Profiles
from aisle.recommenders.second_stage.item_state import WINDOWS, ItemState
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY, HOUR

Floats = NDArray[np.float32]

_NEVER: Final = np.float32(np.nan)

OF_PAIR: Final = (
    "pair_taken",
    "pair_days",
    "pair_looked",
    "pair_carted",
    "pair_share",
    "pair_since_taken",
    "pair_since_looked",
    "pair_since_carted",
    "pair_since_first",
    "pair_stars",
    "pair_returned",
    "pair_due",
    "pair_rhythm",
)
OF_USER: Final = (
    "user_taken",
    "user_looked",
    "user_items",
    "user_days",
    "user_since_taken",
    "user_since_any",
    "user_gap",
    "user_rebuys",
    "user_price",
    "user_hour",
    "user_weekday",
    "user_bundle_age",
)
OF_ITEM: Final = (
    *(f"item_taken_{days}" for days in WINDOWS),
    *(f"item_looked_{days}" for days in WINDOWS[:2]),
    "item_trend",
    "item_buyers",
    "item_rebuyers",
    "item_interval",
    "item_age",
    "item_since_taken",
    "item_price",
    "item_returned",
    "item_stars",
    "item_stock",
)
OF_MATCH: Final = (
    "match_price",
    "match_category",
    "match_department",
    "match_brand",
    "match_popularity",
)


def names(sources: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the columns of the features are called, in their order."""
    said = tuple(f"{what}_{source}" for what in ("score", "rank") for source in sources)
    return (*said, "sources", *OF_PAIR, *OF_USER, *OF_ITEM, *OF_MATCH)


class _Acts(NamedTuple):
    """The events of profiles told apart, (events,)."""

    taken: NDArray[np.bool_]
    looked: NDArray[np.bool_]
    carted: NDArray[np.bool_]
    returned: NDArray[np.bool_]
    rated: NDArray[np.bool_]


def features(profiles: Profiles, candidates: Candidates, state: ItemState) -> Floats:
    """Return the features of each candidate, (candidates, features) float32; NaN where something is not known.

    Parameters
    ----------
    profiles
        One per query, each as of its own moment.
    candidates
        What could stand on the shelves.
    state
        What is known of the items.
    """
    owner, item = candidates.lists.queries, candidates.lists.items
    acts = _acts(profiles, int(state.taking_[0]))
    listed = np.isfinite(candidates.ranks)
    columns = [
        candidates.scores,
        np.log(candidates.ranks),
        listed.sum(axis=1, dtype=np.float32)[:, None],
        _of_pairs(profiles, acts, owner, item, state),
        _of_users(profiles, acts, state)[owner],
        _of_items(profiles.now, owner, item, state),
        _of_matches(profiles, acts, owner, item, state),
    ]
    return np.concatenate(columns, axis=1, dtype=np.float32)


def _acts(profiles: Profiles, taking: int) -> _Acts:
    kind = profiles.kind
    rated = (kind == KIND_CODES[EventKind.RATE]) & np.isfinite(profiles.rating)
    returned = kind == KIND_CODES[EventKind.REFUND]
    taken = kind == taking
    looked = ~taken & ~returned & (kind != KIND_CODES[EventKind.REMOVE_FROM_CART]) & ~rated
    carted = looked & (kind == KIND_CODES[EventKind.ADD_TO_CART])
    return _Acts(taken, looked, carted, returned, rated)


# --- The shopper and the item ---------------------------------------------------------------------------------------


def _of_pairs(
    profiles: Profiles, acts: _Acts, owner: NDArray[np.int64], item: NDArray[np.int32], state: ItemState
) -> Floats:
    items = len(state.buyers_)
    event_pair = profiles.owner * items + profiles.item
    pairs, place = np.unique(event_pair, return_inverse=True)
    wanted = owner * items + item
    at = np.minimum(np.searchsorted(pairs, wanted), max(len(pairs) - 1, 0))
    met = pairs[at] == wanted if len(pairs) else np.zeros(len(wanted), np.bool_)
    ages = (profiles.now[profiles.owner] - profiles.timestamp) / DAY
    day = profiles.timestamp // DAY

    def count(chosen: NDArray[np.bool_]) -> Floats:
        found = np.bincount(place[chosen], minlength=len(pairs)).astype(np.float32)
        return _looked_up(found, at, met, np.float32(0))

    def least(values: NDArray[np.floating], chosen: NDArray[np.bool_]) -> Floats:
        found = np.full(len(pairs), np.inf, np.float32)
        np.minimum.at(found, place[chosen], values[chosen].astype(np.float32))
        found[np.isinf(found)] = np.nan
        return _looked_up(found, at, met, _NEVER)

    taken, looked = count(acts.taken), count(acts.looked)
    since, first = least(ages, acts.taken), -least(-ages, acts.taken)
    stars = np.full(len(pairs), np.nan, np.float32)
    stars[place[acts.rated]] = profiles.rating[acts.rated]
    days = _distinct(place, day, acts.taken, len(pairs))
    days = _looked_up(days, at, met, np.float32(0))
    total = np.bincount(profiles.owner[acts.taken], minlength=len(profiles))
    own_gap = (first - since) / np.maximum(days - 1, 1)
    rhythm = np.where(days > 1, own_gap, np.exp(state.interval_[item]))
    return np.stack(
        (
            taken,
            days,
            looked,
            count(acts.carted),
            taken / np.maximum(total[owner], 1),
            since,
            least(ages, acts.looked),
            least(ages, acts.carted),
            first,
            _looked_up(stars, at, met, _NEVER),
            count(acts.returned),
            since / np.maximum(np.exp(state.interval_[item]), 1),
            since / np.maximum(rhythm, 1),
        ),
        axis=1,
        dtype=np.float32,
    )


def _looked_up(values: Floats, at: NDArray[np.intp], met: NDArray[np.bool_], otherwise: np.float32) -> Floats:
    if len(values) == 0:
        return np.full(len(at), otherwise, np.float32)
    return np.where(met, values[at], otherwise)


def _distinct(group: NDArray[np.integer], value: NDArray[np.int64], chosen: NDArray[np.bool_], groups: int) -> Floats:
    """Return how many different values each group has among the chosen entries, (groups,)."""
    group, value = group[chosen], value[chosen]
    order = np.lexsort((value, group))
    group, value = group[order], value[order]
    new = np.append(True, (np.diff(group) != 0) | (np.diff(value) != 0))[: len(order)]
    return np.bincount(group[new], minlength=groups).astype(np.float32)


# --- The shopper ----------------------------------------------------------------------------------------------------


def _of_users(profiles: Profiles, acts: _Acts, state: ItemState) -> Floats:
    owner, shoppers = profiles.owner, len(profiles)
    taken = np.bincount(owner[acts.taken], minlength=shoppers)
    days = _distinct(owner, profiles.timestamp // DAY, acts.taken, shoppers)
    kinds = _distinct(owner, profiles.item.astype(np.int64), acts.taken, shoppers)
    ages = (profiles.now[owner] - profiles.timestamp) / DAY
    # Whoever did nothing since the state was frozen is asked about at that moment, and nobody knows when they come.
    visits = profiles.now > state.moment
    since, first = (
        _least(ages[acts.taken], owner[acts.taken], shoppers),
        -_least(-ages[acts.taken], owner[acts.taken], shoppers),
    )
    return np.stack(
        (
            np.log1p(taken),
            np.log1p(np.bincount(owner[acts.looked], minlength=shoppers)),
            np.log1p(kinds),
            days,
            since,
            _least(ages, owner, shoppers),
            (first - since) / np.maximum(days - 1, 1),
            1 - kinds / np.maximum(taken, 1),
            _usual_price(profiles, acts, state),
            np.where(visits, profiles.now // HOUR % 24, _NEVER),
            np.where(visits, profiles.now // DAY % 7, _NEVER),
            (profiles.now - state.moment) / DAY,
        ),
        axis=1,
        dtype=np.float32,
    )


def _least(values: NDArray[np.floating], group: NDArray[np.int64], groups: int) -> Floats:
    found = np.full(groups, np.inf, np.float32)
    np.minimum.at(found, group, values.astype(np.float32))
    found[np.isinf(found)] = np.nan
    return found


def _usual_price(profiles: Profiles, acts: _Acts, state: ItemState) -> Floats:
    """Return the logarithm of the middle price of what each shopper takes, or NaN, (profiles,)."""
    price = state.price_[profiles.item]
    counted = acts.taken & (price > 0)
    owner, price = profiles.owner[counted], np.log(price[counted])
    order = np.lexsort((price, owner))
    counts = np.bincount(owner, minlength=len(profiles))
    middle = np.cumsum(counts) - counts + counts // 2
    usual = np.full(len(profiles), np.nan, np.float32)
    usual[counts > 0] = price[order][middle[counts > 0]]
    return usual


# --- The item -------------------------------------------------------------------------------------------------------


def _of_items(now: NDArray[np.int64], owner: NDArray[np.int64], item: NDArray[np.int32], state: ItemState) -> Floats:
    taken, looked = np.log1p(state.taken_[item]), np.log1p(state.looked_[item, :2])
    month, quarter = state.taken_[item, 1], state.taken_[item, 2]
    expected = quarter * (WINDOWS[1] / WINDOWS[2])
    facts = np.stack(
        (
            np.log((month + 1) / (expected + 1)),
            np.log1p(state.buyers_[item]),
            state.rebuyers_[item],
            state.interval_[item],
            (now[owner] - state.first_[item]) / DAY,
            (now[owner] - state.last_[item]) / DAY,
            np.log(np.maximum(state.price_[item], np.float32(0.01))),
            state.returned_[item],
            state.stars_[item],
            state.stock_[item],
        ),
        axis=1,
        dtype=np.float32,
    )
    return np.concatenate((taken, looked, facts), axis=1, dtype=np.float32)


# --- How the two go together ----------------------------------------------------------------------------------------


def _of_matches(
    profiles: Profiles, acts: _Acts, owner: NDArray[np.int64], item: NDArray[np.int32], state: ItemState
) -> Floats:
    usual = _usual_price(profiles, acts, state)
    typical = _mean(np.log1p(state.taken_[profiles.item, 1]), profiles.owner, len(profiles))
    price = np.log(np.maximum(state.price_[item], np.float32(0.01))) - usual[owner]
    shares = [
        _share(profiles, owner, groups[profiles.item], groups[item])
        for groups in (state.category_, state.department_, state.brand_)
    ]
    return np.stack((price, *shares, np.log1p(state.taken_[item, 1]) - typical[owner]), axis=1, dtype=np.float32)


def _mean(values: Floats, group: NDArray[np.int64], groups: int) -> Floats:
    count = np.bincount(group, minlength=groups)
    total = np.bincount(group, values, minlength=groups)
    return np.asarray(np.divide(total, count, out=np.full(groups, np.nan), where=count > 0), np.float32)


def _share(
    profiles: Profiles, owner: NDArray[np.int64], of_event: NDArray[np.int32], of_candidate: NDArray[np.int32]
) -> Floats:
    """Return the share of a shopper's events that are of each candidate's group; NaN where it has none."""
    groups = max(of_event.max(initial=0), of_candidate.max(initial=0)) + np.int64(1)
    known = of_event != UNKNOWN
    pairs, counts = np.unique(profiles.owner[known] * groups + of_event[known], return_counts=True)
    wanted = owner * groups + of_candidate
    at = np.minimum(np.searchsorted(pairs, wanted), max(len(pairs) - 1, 0))
    met = pairs[at] == wanted if len(pairs) else np.zeros(len(wanted), np.bool_)
    total = np.diff(profiles.indptr)[owner]
    share = _looked_up(counts.astype(np.float32), at, met, np.float32(0)) / np.maximum(total, 1)
    return np.asarray(np.where((of_candidate != UNKNOWN) & (total > 0), share, _NEVER), np.float32)
