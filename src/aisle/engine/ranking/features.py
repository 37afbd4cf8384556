"""What the ranker sees of a candidate: the same function in training and live, as of the moment of each profile.

Nothing here knows the future: profiles end before their moment, sources and item state were frozen before it.

A shopper *takes* an item by an event of the log's target kind, such as a purchase, and *looks* at it by any other event
that tells of liking it. Each group of features is a named tuple, in which a column and its name are one: `names` and
`features` both follow the order of its fields.
"""

from functools import lru_cache
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.candidates import Candidates
from aisle.kernels import tallies_numpy
from aisle.kernels.tallies_numpy import (
    CARTED,
    LOOKED,
    RATED,
    RETURNED,
    TAKEN,
    Events,
    Items,
    Lists,
    OwnerTallies,
    PairTallies,
    Tallies,
)
from aisle.prepare.profiles import Profiles
from aisle.recommenders.query import ItemLists
from aisle.recommenders.second_stage.item_state import WINDOWS, ItemState
from aisle.recommenders.topn import compiled
from aisle.shop.events import KIND_CODES, EventKind
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
    known = _known_of(state)
    tallies = _tallied(profiles, candidates.lists, known, int(state.target_kind_[0]))
    users = _of_users(profiles.now, tallies.owners, state)
    items = _of_items(profiles.now[owner], item, known, state)
    price = items[:, _ITEM_PRICE] - users.price[owner]
    events = np.diff(profiles.indptr)
    blocks = [
        candidates.scores,
        np.log(candidates.ranks),
        np.isfinite(candidates.ranks).sum(axis=1, dtype=np.float32)[:, None],
        _stacked(_of_pairs(tallies.pairs, tallies.owners.taken[owner], known.interval[item])),
        _stacked(users)[owner],
        items,
        _stacked(_of_matches(tallies, events, owner, known.items.popularity[item], price)),
    ]
    return np.concatenate(blocks, axis=1, dtype=np.float32)


def _stacked(columns: tuple[Column, ...]) -> Floats:
    return np.stack(columns, axis=1, dtype=np.float32)


# --- What the events say ----------------------------------------------------------------------------------------------


def _tallied(profiles: Profiles, lists: ItemLists, known: "_Known", target_kind: int) -> Tallies:
    """Return what the events of profiles say of shoppers and candidates."""
    events = Events(
        profiles.indptr,
        profiles.item,
        _acts(profiles, target_kind),
        profiles.rating,
        (profiles.now[profiles.owner] - profiles.timestamp) / DAY,
        profiles.timestamp // DAY,
    )
    candidates = Lists(lists.indptr, lists.items)
    if not compiled(len(profiles)):
        return tallies_numpy.tally(events, candidates, known.items)
    from aisle.kernels.tallies import tally

    return tally(events, candidates, known.items)


_NO_LOOKS: Final = (EventKind.REMOVE_FROM_CART, EventKind.HIDE, EventKind.UNHIDE)
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


# --- The shopper and the item ---------------------------------------------------------------------------------------


def _of_pairs(pairs: PairTallies, taken_in_all: Column, usual_interval: Floats) -> PairFeatures:
    own_interval = (pairs.since_first - pairs.since_taken) / np.maximum(pairs.days - 1, 1)
    return PairFeatures(
        taken=pairs.taken,
        days=pairs.days,
        looked=pairs.looked,
        carted=pairs.carted,
        share=pairs.taken / np.maximum(taken_in_all, 1),
        since_taken=pairs.since_taken,
        since_looked=pairs.since_looked,
        since_carted=pairs.since_carted,
        since_first=pairs.since_first,
        stars=pairs.stars,
        returned=pairs.returned,
        due=pairs.since_taken / np.maximum(usual_interval, 1),
        rhythm=pairs.since_taken / np.maximum(np.where(pairs.days > 1, own_interval, usual_interval), 1),
    )


# --- The shopper ----------------------------------------------------------------------------------------------------


def _of_users(now: NDArray[np.int64], owners: OwnerTallies, state: ItemState) -> UserFeatures:
    # Without an event since the state was frozen, a shopper is queried as of that moment: nobody knows when they come.
    visits = now > state.moment
    return UserFeatures(
        taken=np.log1p(owners.taken),
        looked=np.log1p(owners.looked),
        items=np.log1p(owners.items),
        days=owners.days,
        since_taken=owners.since_taken,
        since_any=owners.since_any,
        gap=(owners.since_first - owners.since_taken) / np.maximum(owners.days - 1, 1),
        rebuys=1 - owners.items / np.maximum(owners.taken, 1),
        price=np.log(owners.price),
        hour=np.where(visits, now // HOUR % 24, _NEVER),
        weekday=np.where(visits, now // DAY % 7, _NEVER),
        bundle_age=(now - state.moment) / DAY,
    )


# --- The item -------------------------------------------------------------------------------------------------------


class _Known(NamedTuple):
    """What the state of items says at any moment."""

    items: Items
    interval: Floats
    """The days until a shopper usually takes the item again, (items,)."""
    rows: Floats
    """The columns of `ItemFeatures`, (items, columns); those that count from the moment are NaN."""


_ITEM_PRICE: Final = ItemFeatures._fields.index("price")
_ITEM_AGE: Final = ItemFeatures._fields.index("age")
_ITEM_SINCE_TAKEN: Final = ItemFeatures._fields.index("since_taken")

_known: Final[WeakKeyDictionary[ItemState, _Known]] = WeakKeyDictionary()


def _known_of(state: ItemState) -> _Known:
    """Return what a state says at any moment, which is found once."""
    if state not in _known:
        popularity = np.log1p(state.target_counts_[:, 1])
        items = Items((state.category_, state.department_, state.brand_), popularity, state.price_)
        _known[state] = _Known(items, np.exp(state.interval_), _stacked(_at_any_moment(state)))
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
    )


def _of_items(now: NDArray[np.int64], item: NDArray[np.int32], known: _Known, state: ItemState) -> Floats:
    """Return the columns of `ItemFeatures` at the moment of each candidate, (candidates, columns)."""
    rows = known.rows[item]
    rows[:, _ITEM_AGE] = (now - state.first_[item]) / DAY
    rows[:, _ITEM_SINCE_TAKEN] = (now - state.last_[item]) / DAY
    return rows


# --- How the two go together ----------------------------------------------------------------------------------------


def _of_matches(
    tallies: Tallies, events: NDArray[np.int64], owner: NDArray[np.int64], popularity: Floats, price: Column
) -> MatchFeatures:
    # Without an event, a shopper has no shares.
    count = np.where(events > 0, events, np.nan)
    category, department, brand = (tallies.of_group / count[owner, None]).T
    usual = (tallies.owners.popularity / count).astype(np.float32)
    return MatchFeatures(
        price=price, category=category, department=department, brand=brand, popularity=popularity - usual[owner]
    )
