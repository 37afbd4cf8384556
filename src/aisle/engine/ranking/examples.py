"""What the ranker learns from: shelves of a past window, and what their shoppers did next.

Sources and item state are frozen at the window's beginning, as a bundle is. A shopper is asked about at the beginning,
with all that came before it, and again at moments within the window, with all that came before those.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.candidates import Candidates
from aisle.prepare.profiles import stretches
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


_ENDINGS: Final = [KIND_CODES[kind] for kind in (EventKind.PURCHASE, EventKind.REFUND, EventKind.RATE)]


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

    The later moment is that of one of their events up to the last one that counts, whatever its kind; shoppers without
    any event before a moment are not asked about at it.

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
    last = np.zeros(len(data.users), np.int64)
    np.maximum.at(last, log.user[counts], log.timestamp[counts])
    draw = np.random.default_rng(seed)
    leading = draw.permutation(np.flatnonzero(inside & (log.timestamp <= last[log.user])))
    users, one_of_each = np.unique(log.user[leading], return_index=True)
    asked = np.append(users, users)
    at = np.append(np.full(len(users), window.cut), log.timestamp[leading[one_of_each]])
    known = np.flatnonzero(_first_moments(log, len(data.users))[asked] < at)
    kept = np.sort(draw.permutation(known)[:most])
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

    What they sent back or rated badly in the end was not wanted, for all that it was taken.

    Returns
    -------
    ItemLists, NDArray
        A list of items per question, and the money spent on each of them, NaN where prices are not known.
    """
    log, items = data.log, np.int64(len(data.items))
    counts = np.isin(log.kind, kinds) & (log.weight > 0) & (log.timestamp < window.end) & (log.user != UNKNOWN)
    counts &= ~_regretted(log)
    by_user = np.flatnonzero(counts)[np.argsort(log.user[counts], kind="stable")]
    starts = np.searchsorted(log.user[by_user], np.arange(len(data.users) + 1))
    indptr, places = stretches(starts[moments.users], starts[moments.users + 1])
    question, event = np.repeat(np.arange(len(moments.users)), np.diff(indptr)), by_user[places]
    after = log.timestamp[event] >= moments.at[question]
    question, event = question[after], event[after]
    pairs, place = np.unique(question * items + log.item[event], return_inverse=True)
    spent = np.bincount(place, log.price[event] * log.quantity[event], minlength=len(pairs))
    lists = ItemLists.of_pairs(pairs // items, (pairs % items).astype(np.int32), len(moments.users))
    return lists, spent.astype(np.float32)


def _regretted(log: "EventLog") -> NDArray[np.bool_]:
    """Return which events are of a shopper and an item whose story ends with a refund or a bad rating, (events,)."""
    pair = log.user * np.int64(log.item.max(initial=0) + 1) + log.item
    ending = np.flatnonzero(np.isin(log.kind, _ENDINGS))
    # The log is in time order, and of several values for one place the last one stays.
    pairs, place = np.unique(pair[ending], return_inverse=True)
    regretted = np.zeros(len(pairs), np.bool_)
    regretted[place] = log.weight[ending] < 0
    return np.isin(pair, pairs[regretted])


def gains_of(candidates: Candidates, lists: ItemLists, spent: Floats, objective: Objective) -> Floats:
    """Return what each candidate would have been worth, (candidates,).

    That is 1 if it was wanted and 0 if not, or, for revenue, the logarithm of what was spent on it: a shelf is not
    worth a thousand times more for one wholesale order. What has no price counts as the middle of what has one.
    """
    items = np.int64(1 + max(candidates.lists.items.max(initial=0), lists.items.max(initial=0)))
    worth = np.zeros(len(candidates), np.float32)
    asked = candidates.lists.queries * items + candidates.lists.items
    _, candidate, pair = np.intersect1d(
        asked, lists.queries * items + lists.items, assume_unique=True, return_indices=True
    )
    worth[candidate] = _money(spent)[pair] if objective == "revenue" else 1
    return worth


def _money(spent: Floats) -> Floats:
    known = spent[np.isfinite(spent)]
    return np.log1p(np.nan_to_num(spent, nan=float(np.median(known)) if len(known) else 1.0))
