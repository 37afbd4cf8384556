"""A shelf whose items differ: maximal marginal relevance.

The method is that of Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents and
Producing Summaries", 1998. Place by place, the candidate i with the most

    λ · relevance(i) - (1 - λ) · max_{j chosen} likeness(i, j)

is chosen, where 1 - λ is the shop's setting `diversity`. Relevance is the discount of the candidate's rank,
1 / log2(1 + rank): like a likeness it lies in (0, 1], and it needs nothing of the ranker's scores but their order.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import Codes, Floats, ItemAttributes
from aisle.shop.ids import UNKNOWN


@dataclass(frozen=True, eq=False)
class Likeness:
    """How alike items are, from 0 to 1: the mean over category, brand and content, as far as the candidates have them.

    Categories are as alike as the share of the longer path's steps that two paths have in common, brands are the same
    or not, and contents are as alike as the cosine of their vectors, or not at all below 0. An item without a category,
    a brand or a vector is in that like nothing; variants of one product are as alike as can be, which is 1.

    Attributes
    ----------
    steps
        The category paths as codes, the first steps of all items in front, (depth, items).
    step
        What one step in common is worth at most, 1 / (steps of the path · parts), (items,).
    brand, group
        Codes, or `UNKNOWN`, (items,).
    content
        Vectors of length 1 or 0, (items, factors), or None.
    part
        What each part is worth, 1 / parts.
    """

    steps: Codes
    step: Floats
    brand: Codes
    group: Codes
    content: Floats | None
    part: np.float32

    @classmethod
    def of(cls, attributes: ItemAttributes, vectors: Floats | None = None) -> Self:
        """Make ready to compare items.

        Parameters
        ----------
        attributes
            What is known of each.
        vectors
            What each is like, (items, factors), of any length; None where there is no such model.
        """
        steps = np.ascontiguousarray(attributes.category.T)
        parts = (len(steps) > 0) + bool((attributes.brand != UNKNOWN).any()) + (vectors is not None)
        part = np.float32(1 / max(parts, 1))
        step = part / np.maximum(np.count_nonzero(steps != UNKNOWN, axis=0), 1).astype(np.float32)
        return cls(steps, step, attributes.brand, attributes.group, None if vectors is None else unit(vectors), part)

    def to(self, item: int) -> Floats:
        """Return how alike one item is to each, (items,); to itself, whatever comes out."""
        likeness = np.zeros(len(self.brand), np.float32)
        for codes in self.steps:
            if codes[item] != UNKNOWN:
                likeness += codes == codes[item]
        # The longer of two paths is the one whose steps are worth less.
        likeness *= np.minimum(self.step, self.step[item])
        if self.brand[item] != UNKNOWN:
            likeness += self.part * (self.brand == self.brand[item])
        if self.content is not None:
            likeness += self.part * np.maximum(self.content @ self.content[item], 0)
        if self.group[item] != UNKNOWN:
            likeness[self.group == self.group[item]] = 1
        return likeness


def diversified(
    attributes: ItemAttributes, n: int, diversity: float, vectors: Floats | None = None, fixed: int = 0
) -> NDArray[np.intp]:
    """Return the order in which ranked candidates stand when difference counts too, (candidates,).

    Parameters
    ----------
    attributes
        What is known of the candidates, best first.
    n
        How many places are chosen one by one; the candidates that are left follow in their old order.
    diversity
        1 - λ: 0 leaves the order as it is, 1 asks for nothing but difference.
    vectors
        What each candidate is like, (candidates, factors), or None.
    fixed
        So many candidates keep their place at the front, and the others are to differ from them too.
    """
    count = len(attributes)
    if diversity == 0 or count == 0:
        return np.arange(count)
    likeness = Likeness.of(attributes, vectors)
    relevance = ((1 - diversity) / np.log2(np.arange(2, count + 2))).astype(np.float32)
    closest = np.zeros(count, np.float32)
    chosen = np.zeros(min(max(n, fixed), count), np.intp)
    for place in range(len(chosen)):
        best = place if place < fixed else int(np.argmax(relevance - np.float32(diversity) * closest))
        np.maximum(closest, likeness.to(best), out=closest)
        closest[best] = np.inf  # it is not chosen again
        chosen[place] = best
    return np.concatenate((chosen, np.flatnonzero(np.isfinite(closest))))


def unit(vectors: Floats) -> Floats:
    """Return vectors at length 1; those of length 0 stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Floats = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return units
