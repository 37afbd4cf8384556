"""The ranker's training examples: queries sampled in a past window, and what their shoppers did next.

Sources and item state are frozen at the window's beginning, as a bundle is. Each shopper gives a query at the beginning
of the window and one within it; a query holds all of the shopper's events before its moment.
"""

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
"""What a shelf is optimised for."""

TARGET_EVENTS: Final[dict[Objective, tuple[EventKind, ...]]] = {
    "click": (EventKind.SELECT_ITEM, EventKind.VIEW_ITEM),
    "cart": (EventKind.ADD_TO_CART,),
    "purchase": (EventKind.PURCHASE,),
    "revenue": (EventKind.PURCHASE,),
}
"""The target events of each objective. A shop that has none of them uses its target kind (`ItemState`)."""


_FINAL_KINDS: Final = [KIND_CODES[kind] for kind in (EventKind.PURCHASE, EventKind.REFUND, EventKind.RATE)]
"""The last of these events says whether a shopper kept and liked an item."""


class Moments(NamedTuple):
    """The shopper and the moment of each sampled query, both (queries,)."""

    users: NDArray[np.int32]
    at: NDArray[np.int64]


def target_kinds(log: "EventLog", objective: Objective, target_kind: int) -> NDArray[np.int8]:
    """Return the codes of an objective's target events that a log has; the shop's target kind if it has none."""
    kinds = [KIND_CODES[kind] for kind in TARGET_EVENTS[objective]]
    in_log = np.intersect1d(kinds, np.unique(log.kind)).astype(np.int8)
    return in_log if len(in_log) else np.array([target_kind], np.int8)


def sample_moments(data: "Interactions", window: "Window", kinds: NDArray[np.int8], limit: int, seed: int) -> Moments:
    """Sample two queries of each shopper with a target event in a window: one at its beginning, and one within it.

    The second moment is that of a random event, of any kind, up to the shopper's last target event. There is no query
    at a moment before which the shopper has no event.

    Parameters
    ----------
    data
        Training data that includes the events of the window.
    window
        A past window.
    kinds
        The codes of the target events.
    limit
        At most so many queries are returned, a random sample.
    seed
        Seed of the sampling.
    """
    log = data.log
    inside = (log.timestamp >= window.cut) & (log.timestamp < window.end) & (log.user != UNKNOWN)
    targets = inside & np.isin(log.kind, kinds) & (log.weight > 0) & log.counts
    last = np.zeros(len(data.users), np.int64)
    np.maximum.at(last, log.user[targets], log.timestamp[targets])
    draw = np.random.default_rng(seed)
    shuffled = draw.permutation(np.flatnonzero(inside & (log.timestamp <= last[log.user])))
    users, first_of_user = np.unique(log.user[shuffled], return_index=True)
    both = np.append(users, users)
    at = np.append(np.full(len(users), window.cut), log.timestamp[shuffled[first_of_user]])
    known = np.flatnonzero(_first_moments(log, len(data.users))[both] < at)
    sample = np.sort(draw.permutation(known)[:limit])
    return Moments(both[sample], at[sample])


def _first_moments(log: "EventLog", users: int) -> NDArray[np.int64]:
    first = np.full(users, np.iinfo(np.int64).max)
    known = log.user != UNKNOWN
    np.minimum.at(first, log.user[known], log.timestamp[known])
    return first


def ground_truth(
    data: "Interactions", window: "Window", kinds: NDArray[np.int8], moments: Moments
) -> tuple[ItemLists, Floats]:
    """Return the items of each shopper's target events between their moment and the window's end, and what they spent.

    An item that the shopper returned or rated badly in the end does not count.

    Returns
    -------
    ItemLists, NDArray
        A list of items per query, and the money spent on each of them, NaN where prices are not known.
    """
    log, items = data.log, np.int64(len(data.items))
    targets = np.isin(log.kind, kinds) & (log.weight > 0) & (log.timestamp < window.end) & (log.user != UNKNOWN)
    targets &= log.counts & ~_regretted(log)
    by_user = np.flatnonzero(targets)[np.argsort(log.user[targets], kind="stable")]
    starts = np.searchsorted(log.user[by_user], np.arange(len(data.users) + 1))
    indptr, places = stretches(starts[moments.users], starts[moments.users + 1])
    query, event = np.repeat(np.arange(len(moments.users)), np.diff(indptr)), by_user[places]
    after = log.timestamp[event] >= moments.at[query]
    query, event = query[after], event[after]
    pairs, place = np.unique(query * items + log.item[event], return_inverse=True)
    spent = np.bincount(place, log.price[event] * log.quantity[event], minlength=len(pairs))
    lists = ItemLists.of_pairs(pairs // items, (pairs % items).astype(np.int32), len(moments.users))
    return lists, spent.astype(np.float32)


def _regretted(log: "EventLog") -> NDArray[np.bool_]:
    """Return which events belong to a user–item pair that ends with a refund or a bad rating, (events,)."""
    pair = log.user * np.int64(log.item.max(initial=0) + 1) + log.item
    final = np.flatnonzero(np.isin(log.kind, _FINAL_KINDS))
    # The log is in time order, so that the last event of a pair overwrites the earlier ones.
    pairs, place = np.unique(pair[final], return_inverse=True)
    regretted = np.zeros(len(pairs), np.bool_)
    regretted[place] = log.weight[final] < 0
    return np.isin(pair, pairs[regretted])


def gains_of(candidates: Candidates, truth: ItemLists, spent: Floats, objective: Objective) -> Floats:
    """Return the gain of each candidate, (candidates,), from the ground truth and the money spent on it.

    The gain is 1 for an item of the ground truth and 0 for any other. For revenue, it is the logarithm of the money
    spent, so that a single wholesale order does not outweigh a thousand others; an unknown price counts as the median.
    """
    items = np.int64(1 + max(candidates.lists.items.max(initial=0), truth.items.max(initial=0)))
    gains = np.zeros(len(candidates), np.float32)
    pairs = candidates.lists.queries * items + candidates.lists.items
    true_pairs = truth.queries * items + truth.items
    _, candidate, true_pair = np.intersect1d(pairs, true_pairs, assume_unique=True, return_indices=True)
    gains[candidate] = _log_money(spent)[true_pair] if objective == "revenue" else 1
    return gains


def _log_money(spent: Floats) -> Floats:
    known = spent[np.isfinite(spent)]
    return np.log1p(np.nan_to_num(spent, nan=float(np.median(known)) if len(known) else 1.0))
