"""What the ranker sees of a candidate: the same function in training and live, as of the moment of each profile.

Nothing here knows the future: profiles end before their moment, sources and item state were frozen before it.

A shopper *takes* an item by an event of the log's target kind, such as a purchase, and *looks* at it by any other event
that tells of liking it. Each group of features is a named tuple, in which a column and its name are one: `names` and
`features` both follow the order of its fields.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.candidates import Candidates
from aisle.prepare.profiles import Profiles
from aisle.recommenders.second_stage.item_state import WINDOWS, ItemState, distinct_pairs
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY, HOUR

Floats = NDArray[np.float32]
Column = NDArray[Any]
"""One feature; it becomes float32 when the columns are put together."""

_NEVER: Final = np.float32(np.nan)


class PairFeatures(NamedTuple):
    """What the shopper has done with the item, (candidates,); days count back from the profile's moment."""

    taken: Column
    """How often they took it."""
    days: Column
    """On how many days they took it."""
    looked: Column
    """How often they looked at it."""
    carted: Column
    """How often they put it in the cart; that counts as looking, too."""
    share: Column
    """Its share of all that they took."""
    since_taken: Column
    """Days since they last took it."""
    since_looked: Column
    """Days since they last looked at it."""
    since_carted: Column
    """Days since they last put it in the cart."""
    since_first: Column
    """Days since they first took it."""
    stars: Column
    """Their last rating of it."""
    returned: Column
    """How often they sent it back."""
    due: Column
    """Days since they last took it, over the interval at which shoppers take it again."""
    rhythm: Column
    """The same over their own interval, if they took it on two days or more."""


class UserFeatures(NamedTuple):
    """What the shopper is like, (profiles,)."""

    taken: Column
    """How often they took anything; a logarithm."""
    looked: Column
    """How often they looked at anything; a logarithm."""
    items: Column
    """How many different items they took; a logarithm."""
    days: Column
    """On how many days they took anything."""
    since_taken: Column
    """Days since they last took anything."""
    since_any: Column
    """Days since their last event."""
    gap: Column
    """The mean number of days between two days on which they took something."""
    rebuys: Column
    """The share of what they took that they had taken before."""
    price: Column
    """The logarithm of the median price of what they take."""
    hour: Column
    """The hour of the day (UTC)."""
    weekday: Column
    """The day of the week."""
    bundle_age: Column
    """Days since the item state was frozen."""


class ItemFeatures(NamedTuple):
    """What the item is like, (candidates,)."""

    taken_7: Column
    """How often it was taken in the last 7 days; a logarithm, as the next five are."""
    taken_28: Column
    taken_91: Column
    taken_364: Column
    looked_7: Column
    """How often it was looked at in the last 7 days."""
    looked_28: Column
    trend: Column
    """The logarithm of its events in the last four weeks over those to be expected from the last quarter."""
    buyers: Column
    """How many shoppers took it; a logarithm."""
    rebuyers: Column
    """The share of them who took it again."""
    interval: Column
    """The mean logarithm of the days until a shopper takes it again."""
    age: Column
    """Days since its first event."""
    since_taken: Column
    """Days since it was last taken."""
    price: Column
    """The logarithm of its price."""
    returned: Column
    """Refunds per time it was taken."""
    stars: Column
    """The mean of its stars."""
    stock: Column
    """Pieces in stock."""


class MatchFeatures(NamedTuple):
    """How shopper and item go together, (candidates,)."""

    price: Column
    """The logarithm of its price over the median price of what the shopper takes."""
    category: Column
    """The share of its category path in the shopper's events."""
    department: Column
    """The share of the first step of that path."""
    brand: Column
    """The share of its brand."""
    popularity: Column
    """How much more popular it is than the items of the shopper's events, in logarithms."""


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
    owner, item = candidates.lists.queries, candidates.lists.items
    acts = _acts(profiles, int(state.target_kind_[0]))
    proposed = np.isfinite(candidates.ranks)
    users, items = _of_users(profiles, acts, state), _of_items(profiles.now, owner, item, state)
    blocks = [
        candidates.scores,
        np.log(candidates.ranks),
        proposed.sum(axis=1, dtype=np.float32)[:, None],
        _stacked(_of_pairs(profiles, acts, owner, item, state)),
        _stacked(users)[owner],
        _stacked(items),
        _stacked(_of_matches(profiles, owner, item, state, items.price - users.price[owner])),
    ]
    return np.concatenate(blocks, axis=1, dtype=np.float32)


def _stacked(columns: tuple[Column, ...]) -> Floats:
    return np.stack(columns, axis=1, dtype=np.float32)


_NO_LOOKS: Final = [KIND_CODES[kind] for kind in (EventKind.REMOVE_FROM_CART, EventKind.HIDE, EventKind.UNHIDE)]
"""The events that show no interest in an item."""


class _Acts(NamedTuple):
    """Which events of profiles are of which sort, (events,)."""

    taken: NDArray[np.bool_]
    looked: NDArray[np.bool_]
    carted: NDArray[np.bool_]
    returned: NDArray[np.bool_]
    rated: NDArray[np.bool_]


def _acts(profiles: Profiles, target_kind: int) -> _Acts:
    kind = profiles.kind
    rated = (kind == KIND_CODES[EventKind.RATE]) & np.isfinite(profiles.rating)
    returned = kind == KIND_CODES[EventKind.REFUND]
    taken = kind == target_kind
    looked = ~taken & ~returned & ~np.isin(kind, _NO_LOOKS) & ~rated
    carted = looked & (kind == KIND_CODES[EventKind.ADD_TO_CART])
    return _Acts(taken, looked, carted, returned, rated)


# --- The shopper and the item ---------------------------------------------------------------------------------------


def _of_pairs(
    profiles: Profiles, acts: _Acts, owner: NDArray[np.int64], item: NDArray[np.int32], state: ItemState
) -> PairFeatures:
    items = len(state.buyers_)
    pairs, place = np.unique(profiles.owner * items + profiles.item, return_inverse=True)
    table = _Table.of(pairs, owner * items + item)
    ages = (profiles.now[profiles.owner] - profiles.timestamp) / DAY

    def count(chosen: NDArray[np.bool_]) -> Floats:
        counts = np.bincount(place[chosen], minlength=len(pairs)).astype(np.float32)
        return table.look_up(counts, np.float32(0))

    def least(values: NDArray[np.floating], chosen: NDArray[np.bool_]) -> Floats:
        return table.look_up(_least(values[chosen], place[chosen], len(pairs)), _NEVER)

    taken, since_taken = count(acts.taken), least(ages, acts.taken)
    since_first = -least(-ages, acts.taken)
    days = table.look_up(_distinct(place, profiles.timestamp // DAY, acts.taken, len(pairs)), np.float32(0))
    stars = np.full(len(pairs), np.nan, np.float32)
    stars[place[acts.rated]] = profiles.rating[acts.rated]
    taken_in_all = np.bincount(profiles.owner[acts.taken], minlength=len(profiles))
    usual_interval = np.exp(state.interval_[item])
    own_interval = (since_first - since_taken) / np.maximum(days - 1, 1)
    return PairFeatures(
        taken=taken,
        days=days,
        looked=count(acts.looked),
        carted=count(acts.carted),
        share=taken / np.maximum(taken_in_all[owner], 1),
        since_taken=since_taken,
        since_looked=least(ages, acts.looked),
        since_carted=least(ages, acts.carted),
        since_first=since_first,
        stars=table.look_up(stars, _NEVER),
        returned=count(acts.returned),
        due=since_taken / np.maximum(usual_interval, 1),
        rhythm=since_taken / np.maximum(np.where(days > 1, own_interval, usual_interval), 1),
    )


class _Table(NamedTuple):
    """Where some wanted keys are in a table of values by key, (wanted,)."""

    place: NDArray[np.intp]
    """The place of each wanted key; any place if it is missing."""
    known: NDArray[np.bool_]
    """Whether the key is in the table."""

    @classmethod
    def of(cls, keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> "_Table":
        """Search wanted keys among the ascending keys of a table."""
        place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        return cls(place, keys[place] == wanted if len(keys) else np.zeros(len(wanted), np.bool_))

    def look_up(self, values: Floats, otherwise: np.float32) -> Floats:
        """Return the value of each wanted key, given the values of the table."""
        if len(values) == 0:
            return np.full(len(self.place), otherwise, np.float32)
        return np.where(self.known, values[self.place], otherwise)


def _least(values: NDArray[np.floating], group: NDArray[np.integer], groups: int) -> Floats:
    """Return the least value of each group, NaN for a group without any, (groups,)."""
    least = np.full(groups, np.inf, np.float32)
    np.minimum.at(least, group, values.astype(np.float32))
    least[np.isinf(least)] = np.nan
    return least


def _distinct(group: NDArray[np.integer], value: NDArray[np.int64], chosen: NDArray[np.bool_], groups: int) -> Floats:
    """Return how many different values each group has among the chosen entries, (groups,)."""
    distinct, _ = distinct_pairs(group[chosen], value[chosen])
    return np.bincount(distinct, minlength=groups).astype(np.float32)


# --- The shopper ----------------------------------------------------------------------------------------------------


def _of_users(profiles: Profiles, acts: _Acts, state: ItemState) -> UserFeatures:
    owner, shoppers = profiles.owner, len(profiles)
    taken = np.bincount(owner[acts.taken], minlength=shoppers)
    days = _distinct(owner, profiles.timestamp // DAY, acts.taken, shoppers)
    items = _distinct(owner, profiles.item.astype(np.int64), acts.taken, shoppers)
    ages = (profiles.now[owner] - profiles.timestamp) / DAY
    since_taken = _least(ages[acts.taken], owner[acts.taken], shoppers)
    since_first = -_least(-ages[acts.taken], owner[acts.taken], shoppers)
    # Without an event since the state was frozen, a shopper is queried as of that moment: nobody knows when they come.
    visits = profiles.now > state.moment
    return UserFeatures(
        taken=np.log1p(taken),
        looked=np.log1p(np.bincount(owner[acts.looked], minlength=shoppers)),
        items=np.log1p(items),
        days=days,
        since_taken=since_taken,
        since_any=_least(ages, owner, shoppers),
        gap=(since_first - since_taken) / np.maximum(days - 1, 1),
        rebuys=1 - items / np.maximum(taken, 1),
        price=_usual_price(profiles, acts, state),
        hour=np.where(visits, profiles.now // HOUR % 24, _NEVER),
        weekday=np.where(visits, profiles.now // DAY % 7, _NEVER),
        bundle_age=(profiles.now - state.moment) / DAY,
    )


def _usual_price(profiles: Profiles, acts: _Acts, state: ItemState) -> Floats:
    """Return the logarithm of the median price of what each shopper takes, or NaN, (profiles,)."""
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


def _of_items(
    now: NDArray[np.int64], owner: NDArray[np.int64], item: NDArray[np.int32], state: ItemState
) -> ItemFeatures:
    taken, looked = state.target_counts_[item], np.log1p(state.look_counts_[item, :2])
    month, quarter = taken[:, 1], taken[:, 2]
    taken_7, taken_28, taken_91, taken_364 = np.log1p(taken).T
    expected = quarter * (WINDOWS[1] / WINDOWS[2])
    return ItemFeatures(
        taken_7=taken_7,
        taken_28=taken_28,
        taken_91=taken_91,
        taken_364=taken_364,
        looked_7=looked[:, 0],
        looked_28=looked[:, 1],
        trend=np.log((month + 1) / (expected + 1)),
        buyers=np.log1p(state.buyers_[item]),
        rebuyers=state.rebuyers_[item],
        interval=state.interval_[item],
        age=(now[owner] - state.first_[item]) / DAY,
        since_taken=(now[owner] - state.last_[item]) / DAY,
        price=np.log(np.maximum(state.price_[item], np.float32(0.01))),
        returned=state.returned_[item],
        stars=state.stars_[item],
        stock=state.stock_[item],
    )


# --- How the two go together ----------------------------------------------------------------------------------------


def _of_matches(
    profiles: Profiles, owner: NDArray[np.int64], item: NDArray[np.int32], state: ItemState, price: Column
) -> MatchFeatures:
    usual = _mean(np.log1p(state.target_counts_[profiles.item, 1]), profiles.owner, len(profiles))

    def share(group: NDArray[np.int32]) -> Floats:
        return _share(profiles, owner, group[profiles.item], group[item])

    return MatchFeatures(
        price=price,
        category=share(state.category_),
        department=share(state.department_),
        brand=share(state.brand_),
        popularity=np.log1p(state.target_counts_[item, 1]) - usual[owner],
    )


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
    table = _Table.of(pairs, owner * groups + of_candidate)
    total = np.diff(profiles.indptr)[owner]
    share = table.look_up(counts.astype(np.float32), np.float32(0)) / np.maximum(total, 1)
    return np.asarray(np.where((of_candidate != UNKNOWN) & (total > 0), share, _NEVER), np.float32)
