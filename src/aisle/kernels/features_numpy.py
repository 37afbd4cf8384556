"""What a ranker sees of candidates, in plain NumPy: what the kernel of `features` computes.

Each group of features is a named tuple, in which a column and its name are one: the columns of a row follow the order
of the fields, group by group. An owner *takes* an item, and *looks* at it, as in `tallies_numpy`.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.tallies_numpy import Events, Floats, Items, Lists, Longs, OwnerTallies, PairTallies, Tallies
from aisle.kernels.tallies_numpy import tally as tallied

Column = NDArray[Any]
"""One feature; it becomes float32 when the columns are put together."""

HOURS: Final = 24
_NEVER: Final = np.float32(np.nan)


class Sources(NamedTuple):
    """What each source says of each candidate, both (candidates, sources); NaN for nothing."""

    scores: Floats
    ranks: Floats
    """Whole numbers from 1."""


class Known(NamedTuple):
    """What is known of items at any moment."""

    items: Items
    interval: Floats
    """The days until an owner usually takes the item again, (items,)."""
    rows: Floats
    """The columns of `ItemFeatures`, (items, columns); those that count from the moment are NaN."""
    first: Longs
    """When it was first met, (items,)."""
    last: Longs
    """When it was last taken, (items,)."""


class Moments(NamedTuple):
    """When owners are looked at."""

    now: Longs
    """(owners,)."""
    frozen: int
    """The moment as of which items are known."""
    day: int
    """The length of a day."""


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
    clicked: Column
    """How many more shoppers clicked it on a shelf than its places let one expect; a logarithm."""


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


def features(sources: Sources, events: Events, candidates: Lists, known: Known, moments: Moments) -> Floats:
    """Return the features of each candidate, (candidates, columns); NaN where something is not known."""
    owner, item = np.repeat(np.arange(len(moments.now)), np.diff(candidates.indptr)), candidates.items
    tallies = tallied(events, candidates, known.items)
    users = _of_users(tallies.owners, moments)
    items = _of_items(moments.now[owner], item, known, moments.day)
    price = items[:, _ITEM_PRICE] - users.price[owner]
    blocks = [
        sources.scores,
        np.log(sources.ranks),
        np.isfinite(sources.ranks).sum(axis=1, dtype=np.float32)[:, None],
        stacked(_of_pairs(tallies.pairs, tallies.owners.taken[owner], known.interval[item])),
        stacked(users)[owner],
        items,
        stacked(_of_matches(tallies, np.diff(events.indptr), owner, known.items.popularity[item], price)),
    ]
    return np.concatenate(blocks, axis=1, dtype=np.float32)


def stacked(columns: tuple[Column, ...]) -> Floats:
    """Return columns side by side."""
    return np.stack(columns, axis=1, dtype=np.float32)


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


def _of_users(owners: OwnerTallies, moments: Moments) -> UserFeatures:
    # Without an event since items were known, an owner is looked at as of that moment: nobody knows when they come.
    now, frozen, day = moments
    visits = now > frozen
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
        hour=np.where(visits, now // (day // HOURS) % HOURS, _NEVER),
        weekday=np.where(visits, now // day % 7, _NEVER),
        bundle_age=(now - frozen) / day,
    )


_ITEM_PRICE: Final = ItemFeatures._fields.index("price")
_ITEM_AGE: Final = ItemFeatures._fields.index("age")
_ITEM_SINCE_TAKEN: Final = ItemFeatures._fields.index("since_taken")


def _of_items(now: Longs, item: NDArray[np.int32], known: Known, day: int) -> Floats:
    """Return the columns of `ItemFeatures` at the moment of each candidate, (candidates, columns)."""
    rows = known.rows[item]
    rows[:, _ITEM_AGE] = (now - known.first[item]) / day
    rows[:, _ITEM_SINCE_TAKEN] = (now - known.last[item]) / day
    return rows


def _of_matches(tallies: Tallies, events: Longs, owner: Longs, popularity: Floats, price: Column) -> MatchFeatures:
    # Without an event, an owner has no shares.
    count = np.where(events > 0, events, np.nan)
    category, department, brand = (tallies.of_group / count[owner, None]).T
    usual = (tallies.owners.popularity / count).astype(np.float32)
    return MatchFeatures(
        price=price, category=category, department=department, brand=brand, popularity=popularity - usual[owner]
    )
