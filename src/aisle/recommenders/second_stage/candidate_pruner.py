"""How likely a candidate is wanted by its ranks alone: to prune candidates for the ranker, or to order them without it.

Every source has a curve: the share of its proposals of about that rank that were wanted in past windows. Curves fall,
and few observations count little. What several sources propose is wanted unless each of them is wrong, as in a noisy-or
(Pearl, "Probabilistic Reasoning in Intelligent Systems", 1988).
"""

from collections.abc import Iterable
from typing import Annotated, Final, NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels import candidates_numpy
from aisle.recommenders.base import Component, Config
from aisle.recommenders.query import ItemLists
from aisle.recommenders.topn import compiled

Floats = NDArray[np.float32]

EDGES: Final = np.array([1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987])
"""Ranks between two of these share a point of the curve."""

_PRIOR: Final = 20.0
"""The prior chance of a proposal counts as this many observed proposals."""


class CandidatePrunerConfig(Config, frozen=True):
    """The prior chances."""

    first_chance: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.1
    """The prior chance that the first proposal of a source is wanted; that of the k-th is a k-th of it."""


class ProposalCounts(NamedTuple):
    """What became of the proposals of past shelves, by source and step of `EDGES`, (sources, steps)."""

    proposed: NDArray[np.int64]
    wanted: NDArray[np.int64]

    @classmethod
    def of(cls, ranks: Floats, wanted: NDArray[np.bool_]) -> Self:
        """Count proposals.

        Parameters
        ----------
        ranks
            Of each candidate in each source, NaN where it is not proposed, (candidates, sources).
        wanted
            Whether each was, (candidates,).
        """
        proposed, hits = np.zeros((2, ranks.shape[1], len(EDGES)), np.int64)
        for source, rank in enumerate(ranks.T):
            ranked = np.isfinite(rank)
            step = _steps(rank[ranked])
            proposed[source] = np.bincount(step, minlength=len(EDGES))
            hits[source] = np.bincount(step[wanted[ranked]], minlength=len(EDGES))
        return cls(proposed, hits)


class CandidatePruner(Component[CandidatePrunerConfig]):
    """A curve for each source."""

    name = "candidate_pruner"

    curves_: Floats
    """The chance that a proposal is wanted, by source and step of `EDGES`, (sources, steps)."""

    _missed: "tuple[Floats, NDArray[np.float64]] | None" = None
    """The curves, and what `_misses` returns for them: it is found once."""

    def fit(self, counts: Iterable[ProposalCounts], sources: int) -> Self:
        """Learn the curves of so many sources from the counts of past windows; there may be none."""
        expected = self.config.first_chance / EDGES
        shape = (sources, len(EDGES))
        proposed, wanted = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for of_window in counts:
            proposed += of_window.proposed
            wanted += of_window.wanted
        weights = proposed + _PRIOR
        values = (wanted + _PRIOR * expected) / weights
        curves = [_falling(*curve) for curve in zip(values, weights, strict=True)]
        self.curves_ = np.array(curves, np.float32).reshape(shape)
        return self

    def chances(self, ranks: Floats) -> NDArray[np.float64]:
        """Return how likely each candidate is wanted, (candidates,), from its ranks, (candidates, sources)."""
        return candidates_numpy.chances(ranks, self._misses(ranks))

    def kept(self, lists: ItemLists, ranks: Floats, most: int) -> NDArray[np.bool_]:
        """Return which candidates are among the `most` likeliest of their query, (candidates,)."""
        if np.diff(lists.indptr).max(initial=0) <= most:
            return np.ones(len(ranks), np.bool_)
        if compiled(len(lists)):
            from aisle.kernels.candidates import likeliest
        else:
            from aisle.kernels.candidates_numpy import likeliest
        return likeliest(lists.indptr, np.ascontiguousarray(ranks), self._misses(ranks), most)

    def _misses(self, ranks: Floats) -> NDArray[np.float64]:
        """Return how likely a proposal is not wanted, by source and rank; rank 0 is no proposal."""
        most = int(np.fmax.reduce(ranks, axis=None, initial=0))
        if self._missed is None or self._missed[0] is not self.curves_ or self._missed[1].shape[1] <= most:
            misses = np.ones((len(self.curves_), most + 1))
            misses[:, 1:] -= self.curves_[:, _steps(np.arange(1, most + 1, dtype=np.float32))]
            self._missed = self.curves_, misses
        return self._missed[1]


def _steps(ranks: Floats) -> NDArray[np.intp]:
    """Return the step of `EDGES` that each rank belongs to."""
    return np.searchsorted(EDGES, ranks, "right") - 1


def _falling(values: NDArray[np.floating], weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the falling curve closest to weighted values (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        blocks.append((value, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] < blocks[-1][0]:
            (right, right_weight, right_size), (left, left_weight, left_size) = blocks.pop(), blocks.pop()
            total = right_weight + left_weight
            mean = (right * right_weight + left * left_weight) / total
            blocks.append((mean, total, right_size + left_size))
    return np.repeat([value for value, _, _ in blocks], [size for _, _, size in blocks])
