"""What several sources propose for a single query, in plain NumPy: what the kernel of `positive` computes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.topn_numpy import top_among

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


class Listings(NamedTuple):
    """What several sources say of a single query, one after the other.

    Source s says `scores[starts[s]:starts[s + 1]]`: of all items in their order, or of as many of `items` from
    `item_starts[s]` on.
    """

    items: Ints
    """Different ones of each source, in any order; -1 is no item, and its score is NaN."""
    scores: Floats
    item_starts: Longs
    """-1 where the scores are those of all items, (sources,)."""
    starts: Longs
    """(sources + 1,)."""


class Proposals(NamedTuple):
    """The items that any source proposes, in ascending order."""

    items: Ints
    """(proposed,)."""
    ranks: Floats
    """The rank of each item in each source from 1; NaN where the source does not propose it, (proposed, sources)."""
    scores: Floats
    """The score of each item by each source; 0 where the source does not list it, (proposed, sources)."""
    best: Floats
    """The best score of each source, be the item excluded or not; NaN where none is above 0, (sources,)."""


def propose(listings: Listings, quotas: Longs, excluded: Ints, count: int) -> Proposals:
    """Return what several sources propose: their best items with a score above 0.

    Parameters
    ----------
    quotas
        How many items each source may propose, (sources,).
    excluded
        What is never proposed: its places go to the next items of each source. Numbers that no item has are ignored.
    count
        The number of all items.
    """
    proposed, best, by_source = [], [], []
    for source, quota in enumerate(quotas.tolist()):
        own = listings.scores[listings.starts[source] : listings.starts[source + 1]]
        first = int(listings.item_starts[source])
        items = np.arange(count, dtype=np.int32) if first < 0 else listings.items[first : first + len(own)]
        scores = np.zeros(count, np.float32)
        scores[items[items >= 0]] = own[items >= 0]
        ranked, ranked_scores = (row[0] for row in top_among(items, own, max(1, len(own))))
        good = ranked[ranked >= 0]
        best.append(ranked_scores[0] if len(good) else np.nan)
        proposed.append(good[~np.isin(good, excluded)][:quota])
        by_source.append(scores)
    members = np.unique(np.concatenate(proposed))
    ranks = np.full((len(members), len(quotas)), np.nan, np.float32)
    for source, of_source in enumerate(proposed):
        ranks[np.searchsorted(members, of_source), source] = np.arange(1, len(of_source) + 1)
    return Proposals(members, ranks, np.stack(by_source, axis=1)[members], np.array(best, np.float32))
