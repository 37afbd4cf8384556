"""What the ranker learns from: shelves of a past window, and what their shoppers did next.

Sources and item state are frozen at the window's beginning, as a bundle is. A shopper is asked about at the beginning,
with all that came before it, and again at moments within the window, with all that came before those.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.candidates import Candidates
from aisle.recommenders.query import ItemLists
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN

if TYPE_CHECKING:
    from aisle.prepare.interactions import EventLog, Interactions
    from aisle.prepare.split import Window

Floats = NDArray[np.float32]

Objective = Literal["click", "cart", "purchase", "revenue"]
"""What a shelf is for."""

COUNTED: Final[dict[Objective, tuple[EventKind, ...]]] = {
    "click": (EventKind.SELECT_ITEM, EventKind.VIEW_ITEM),
    "cart": (EventKind.ADD_TO_CART,),
    "purchase": (EventKind.PURCHASE,),
    "revenue": (EventKind.PURCHASE,),
}
"""The events that make a shelf worth its place; in a shop that has none of them, taking does (`ItemState`)."""


class Moments(NamedTuple):
    """Whom to ask about, and when; both (questions,)."""

    users: NDArray[np.int32]
    at: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Examples:
    """Candidates of past shelves with their features and gains, a stretch per shelf; free of ids.

    Attributes
    ----------
    rows
        Features, (candidates, features).
    ranks
        The rank of each candidate in each source, NaN where not proposed, (candidates, sources).
    gains
        What each would have been worth, (candidates,).
    indptr
        Where the candidates of each shelf begin, (shelves + 1,).
    """

    rows: Floats
    ranks: Floats
    gains: Floats
    indptr: NDArray[np.int64]


def counted_kinds(log: "EventLog", objective: Objective, taking: int) -> NDArray[np.int8]:
    """Return the codes of the events that an objective counts, as far as a log has them."""
    wanted = [KIND_CODES[kind] for kind in COUNTED[objective]]
    there = np.intersect1d(wanted, np.unique(log.kind)).astype(np.int8)
    return there if len(there) else np.array([taking], np.int8)


def sample_moments(data: "Interactions", window: "Window", kinds: NDArray[np.int8], most: int, seed: int) -> Moments:
    """Return the beginning of the window and one later moment of each shopper who does something that counts in it.

    The later moment is that of one of their events before the last one that counts, whatever its kind; shoppers
    without any event before a moment are not asked about at it.

    Parameters
    ----------
    data
        With the events of the window.
    window
        A stretch of the past.
    kinds
        The codes of the events that count.
    most
        So many questions at the most, drawn by chance.
    seed
        Of the draw.
    """
    log = data.log
    inside = (log.timestamp >= window.cut) & (log.timestamp < window.end) & (log.user != UNKNOWN)
    counts = inside & np.isin(log.kind, kinds) & (log.weight > 0)
    users = np.unique(log.user[counts])
    last = np.zeros(len(data.users), np.int64)
    np.maximum.at(last, log.user[counts], log.timestamp[counts])
    draw = np.random.default_rng(seed)
    earlier = np.flatnonzero(inside & (log.timestamp <= last[log.user]))
    earlier = draw.permutation(earlier)
    _, chosen = np.unique(log.user[earlier], return_index=True)
    later = earlier[chosen]
    asked = np.append(users, log.user[later])
    at = np.append(np.full(len(users), window.cut), log.timestamp[later])
    known = _first_moments(log, len(data.users))[asked] < at
    asked, at = asked[known], at[known]
    kept = np.sort(draw.permutation(len(asked))[:most])
    return Moments(asked[kept], at[kept])


def _first_moments(log: "EventLog", users: int) -> NDArray[np.int64]:
    first = np.full(users, np.iinfo(np.int64).max)
    known = log.user != UNKNOWN
    np.minimum.at(first, log.user[known], log.timestamp[known])
    return first


def wanted(
    data: "Interactions", window: "Window", kinds: NDArray[np.int8], moments: Moments
) -> tuple[ItemLists, Floats]:
    """Return what each shopper took between their moment and the window's end, and the revenue of each.

    Returns
    -------
    ItemLists, NDArray
        A list of items per question, and the money spent on each of them, NaN where prices are not known.
    """
    log = data.log
    counts = np.isin(log.kind, kinds) & (log.weight > 0) & (log.timestamp < window.end) & (log.user != UNKNOWN)
    order = np.flatnonzero(counts)[np.argsort(log.user[counts], kind="stable")]
    starts = np.searchsorted(log.user[order], np.arange(len(data.users) + 1))
    question = np.repeat(np.arange(len(moments.users)), np.diff(starts)[moments.users])
    first = starts[moments.users]
    places = np.arange(len(question)) - np.repeat(
        np.append(0, np.cumsum(np.diff(starts)[moments.users]))[:-1] - first, np.diff(starts)[moments.users]
    )
    event = order[places]
    after = log.timestamp[event] >= moments.at[question]
    event, question = event[after], question[after]
    pair = question * np.int64(len(data.items)) + log.item[event]
    pairs, place = np.unique(pair, return_inverse=True)
    spent = np.bincount(place, log.price[event] * log.quantity[event], minlength=len(pairs))
    lists = ItemLists.of_pairs(pairs // len(data.items), (pairs % len(data.items)).astype(np.int32), len(moments.users))
    return lists, spent.astype(np.float32)


def gains_of(candidates: Candidates, lists: ItemLists, spent: Floats, objective: Objective) -> Floats:
    """Return what each candidate would have been worth: 1 if it was wanted, or what was spent on it, (candidates,)."""
    items = 1 + max(candidates.lists.items.max(initial=0), lists.items.max(initial=0))
    pairs = lists.queries * np.int64(items) + lists.items
    asked = candidates.lists.queries * np.int64(items) + candidates.lists.items
    at = np.minimum(np.searchsorted(pairs, asked), max(len(pairs) - 1, 0))
    met = pairs[at] == asked if len(pairs) else np.zeros(len(asked), np.bool_)
    if objective != "revenue":
        return met.astype(np.float32)
    # A shelf is not worth a thousand times more for one wholesale order: money counts by its logarithm.
    worth = np.log1p(np.nan_to_num(spent, nan=0.0)).astype(np.float32)
    return np.where(met, worth[at] if len(pairs) else 0, 0).astype(np.float32)
