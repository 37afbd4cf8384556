"""Diversity by maximal marginal relevance.

The method is that of Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents and
Producing Summaries", 1998. For each place of the shelf, the candidate i with the highest

    λ · relevance(i) - (1 - λ) · max_{j chosen} similarity(i, j)

is chosen, where 1 - λ is the shop's setting `diversity`. Relevance is the discount of the candidate's rank,
1 / log2(1 + rank): it lies in (0, 1] as similarity does, and depends only on the order of the ranker's scores.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import Codes, Floats, ItemAttributes
from aisle.shop.ids import UNKNOWN


@dataclass(frozen=True, eq=False)
class ItemSimilarity:
    """Similarity of items, from 0 to 1: the mean over category, brand and content, as far as the candidates have them.

    The similarity of two categories is the number of steps that their paths share, divided by the steps of the longer
    path. That of two brands is 1 or 0. That of two contents is the cosine of their vectors, but at least 0. An item
    without a category, a brand or a vector has the similarity 0 there. Variants of one product have the similarity 1.

    Attributes
    ----------
    steps
        The category paths as codes, a row per step, (depth, items).
    step_weight
        The weight of one shared step, aspect weight / steps of the path, (items,).
    brand, group
        Codes, or `UNKNOWN`, (items,).
    content
        Vectors of length 1 or 0, (items, factors), or None.
    aspect_weight
        The weight of each aspect: 1 / (number of aspects).
    """

    steps: Codes
    step_weight: Floats
    brand: Codes
    group: Codes
    content: Floats | None
    aspect_weight: np.float32

    @classmethod
    def of(cls, attributes: ItemAttributes, vectors: Floats | None = None) -> Self:
        """Prepare the comparison of items.

        Parameters
        ----------
        vectors
            The content vectors of the items, (items, factors), of any length; None without a content model.
        """
        steps = np.ascontiguousarray(attributes.category.T)
        aspects = bool((steps != UNKNOWN).any()) + bool((attributes.brand != UNKNOWN).any()) + (vectors is not None)
        weight = np.float32(1 / max(aspects, 1))
        step_weight = weight / np.maximum(np.count_nonzero(steps != UNKNOWN, axis=0), 1).astype(np.float32)
        content = None if vectors is None else unit(vectors)
        return cls(steps, step_weight, attributes.brand, attributes.group, content, weight)

    def to(self, item: int) -> Floats:
        """Return the similarity of one item to each item, (items,); the similarity to itself has no meaning."""
        similarity = np.zeros(len(self.brand), np.float32)
        for codes in self.steps:
            if codes[item] != UNKNOWN:
                similarity += codes == codes[item]
        # The longer of two paths has the smaller weight per step.
        similarity *= np.minimum(self.step_weight, self.step_weight[item])
        if self.brand[item] != UNKNOWN:
            similarity += self.aspect_weight * (self.brand == self.brand[item])
        if self.content is not None:
            similarity += self.aspect_weight * np.maximum(self.content @ self.content[item], 0)
        if self.group[item] != UNKNOWN:
            similarity[self.group == self.group[item]] = 1
        return similarity


def diversified(
    attributes: ItemAttributes, n: int, diversity: float, vectors: Floats | None = None, fixed: int = 0
) -> NDArray[np.intp]:
    """Return the order of ranked candidates after diversification, (candidates,).

    Parameters
    ----------
    attributes
        What is known of the candidates, best first.
    n
        How many places are diversified; all other candidates follow in their old order.
    diversity
        1 - λ: 0 keeps the ranker's order, 1 ignores it.
    vectors
        The content vectors of the candidates, (candidates, factors), or None.
    fixed
        So many candidates at the front keep their places; the others are compared with them too.
    """
    count = len(attributes)
    if diversity == 0 or count == 0:
        return np.arange(count)
    similarity = ItemSimilarity.of(attributes, vectors)
    relevance = ((1 - diversity) / np.log2(np.arange(2, count + 2))).astype(np.float32)
    closest = np.zeros(count, np.float32)
    chosen = np.zeros(min(max(n, fixed), count), np.intp)
    for place in range(len(chosen)):
        best = place if place < fixed else int(np.argmax(relevance - np.float32(diversity) * closest))
        np.maximum(closest, similarity.to(best), out=closest)
        closest[best] = np.inf  # so that it is not chosen again
        chosen[place] = best
    return np.concatenate((chosen, np.flatnonzero(np.isfinite(closest))))


def unit(vectors: Floats) -> Floats:
    """Return vectors scaled to length 1; vectors of length 0 stay as they are."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Floats = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return units
