"""The union of what several sources propose, in plain NumPy: what the kernel of `union` computes, query by query."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


class Union(NamedTuple):
    """The items that any source proposes, query by query, in ascending order."""

    indptr: Longs
    """The items of query q are `items[indptr[q]:indptr[q + 1]]`, (queries + 1,)."""
    items: Ints
    ranks: Floats
    """The rank of each item in each source from 1; NaN where the source does not propose it, (items, sources)."""


def union(proposals: Ints, widths: Longs, quotas: Longs, excluded_indptr: Longs, excluded: Ints) -> Union:
    """Return the union of the proposals of each query.

    Parameters
    ----------
    proposals
        The proposals of all sources side by side, best first, (queries, places); -1 is no proposal.
    widths
        How many of these places each source has, (sources,).
    quotas
        How many items each source may propose, (sources,).
    excluded_indptr, excluded
        What query q may not have: `excluded[excluded_indptr[q]:excluded_indptr[q + 1]]`. Its places go to the next
        proposals of their sources.
    """
    lists, ranks = [np.zeros(0, np.int32)], [np.zeros((0, len(widths)), np.float32)]
    for query, row in enumerate(proposals):
        unwanted = excluded[excluded_indptr[query] : excluded_indptr[query + 1]]
        of_sources = [
            part[(part >= 0) & ~np.isin(part, unwanted)][:quota]
            for part, quota in zip(np.split(row, np.cumsum(widths)[:-1]), quotas, strict=True)
        ]
        members = np.unique(np.concatenate(of_sources))
        of_query = np.full((len(members), len(widths)), np.nan, np.float32)
        for source, part in enumerate(of_sources):
            of_query[np.searchsorted(members, part), source] = np.arange(1, len(part) + 1)
        lists.append(members)
        ranks.append(of_query)
    indptr = np.cumsum([len(members) for members in lists])
    return Union(indptr, np.concatenate(lists), np.concatenate(ranks))
