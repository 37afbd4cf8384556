"""Several models in one: their scores, standardised for each query, weighted and added up."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Annotated, Any, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels import standard_numpy
from aisle.metrics import ranking
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import FoldsIn
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.catalog import by_name
from aisle.recommenders.leave_last import LeaveLastSplit, leave_last
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ranges import NotNegative
from aisle.recommenders.sparse import training_rows
from aisle.recommenders.topn import FEW, topn
from aisle.shop.errors import SettingsError

Floats = NDArray[np.float32]

_QUERIES: Final = 4000
"""This many users of the validation split are enough to compare weights."""
_BLOCK: Final = 250
_CANDIDATES: Final = 100
_CUTOFF: Final = 20
_WEIGHTS: Final = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
_ROUNDS: Final = 2


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model of a blend."""

    name: str
    """As in `aisle.toml`: als, ease, …"""
    settings: dict[str, Any] = {}
    """The settings that differ from the model's defaults."""

    def make(self) -> Recommender[Any]:
        """Return the model, not yet fitted."""
        kind = by_name(self.name)
        return kind(kind.config_type.parse(self.settings))


class BlendConfig(Config, frozen=True):
    """The models and their weights."""

    members: Annotated[tuple[Member, ...], msgspec.Meta(min_length=1)] = (
        Member("als"),
        Member("graph_filter"),
    )
    """The models, each with a name and settings."""
    weights: tuple[NotNegative, ...] | None = None
    """The weight of each, in the same order; null: learnt on the last tenth of each history, which fits every member
    twice."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for member in self.members:
            member.make()
        if self.weights is not None and (len(self.weights) != len(self.members) or not any(self.weights)):
            raise SettingsError(
                f"weights = {list(self.weights)} for {len(self.members)} members; give one each, not all of them 0"
            )


class Blend(FoldsIn, Recommender[BlendConfig]):
    """An item's score is Σ weight · (score - mean) / deviation over the members, over all items for one query.

    A member without a score adds nothing; where no member has one, the score is NaN.
    """

    name = "blend"

    members_: list[Recommender[Any]]
    weights_: Floats
    """The weight of each member, (members,); they add up to 1."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Fit the members, and before that their weights on a validation split, unless the settings have them.

        Raises
        ------
        NotEnoughData
            If nobody likes anything, or a member has too little to learn from.
        InputError
            If a weight is not a finite number.
        """
        training_rows(data.matrix)
        if self.config.weights is None:
            weights = self._learn(leave_last(data, _QUERIES, seed), seed)
        else:
            weights = np.array(self.config.weights, np.float64)
        self.weights_ = (weights / weights.sum()).astype(np.float32)
        self.members_ = self._fitted(data, seed)
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return blended scores; NaN where no member has a score."""
        total = np.zeros((len(queries), self.items_count), np.float32)
        scored = np.zeros(len(queries), np.bool_)
        for member, weight in zip(self.members_, self.weights_.tolist(), strict=True):
            if weight > 0:
                scored |= _add_standardised(total, member.score(queries), weight)
        total[~scored] = np.nan
        return total if items is None else total[:, items]

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return self.members_[0].items_count

    def arrays(self) -> dict[str, Array]:
        """Return the weights, and the arrays of the members under their numbers."""
        arrays: dict[str, Array] = {"weights": self.weights_}
        for number, member in enumerate(self.members_):
            arrays |= {f"member{number}_{name}": array for name, array in member.arrays().items()}
        return arrays

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        self.weights_ = arrays["weights"]
        self.members_ = []
        for number, member in enumerate(self.config.members):
            prefix = f"member{number}_"
            own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
            kind = by_name(member.name)
            self.members_.append(kind.from_arrays(kind.config_type.parse(member.settings), own))

    def _fitted(self, data: Interactions, seed: int) -> list[Recommender[Any]]:
        return [member.make().fit(data, seed=seed) for member in self.config.members]

    def _learn(self, held_out: LeaveLastSplit, seed: int) -> NDArray[np.float64]:
        """Return the weights (members,) with the best NDCG on the held-out items, one weight changed at a time."""
        weights = np.ones(len(self.config.members))
        if len(weights) == 1 or len(held_out.queries) == 0:
            return weights
        candidates, scores = _candidates(self._fitted(held_out.train, seed), held_out)
        best = _quality(candidates, scores @ weights, held_out)
        for _, member in product(range(_ROUNDS), range(len(weights))):
            for weight in _WEIGHTS:
                changed = weights.copy()
                changed[member] = weight
                quality = _quality(candidates, scores @ changed, held_out)
                if quality > best:
                    best, weights = quality, changed
        return weights


def _add_standardised(total: Floats, scores: Floats, weight: float) -> NDArray[np.bool_]:
    if len(scores) <= FEW:
        return standard_numpy.add_standardised(total, scores, weight)
    from aisle.kernels.standard import add_standardised

    return add_standardised(total, np.ascontiguousarray(scores), weight)


def _candidates(members: Sequence[Recommender[Any]], held_out: LeaveLastSplit) -> tuple[NDArray[np.int32], Floats]:
    """Return the best items of all members, (queries, candidates), and their scores (queries, candidates, members).

    Repeated items of a query are -1.
    """
    items, scores = [], []
    queries = held_out.queries
    for start in range(0, len(queries), _BLOCK):
        block = queries.slice(start, min(start + _BLOCK, len(queries)))
        standardised = np.zeros((len(members), len(block), members[0].items_count), np.float32)
        for member, total in zip(members, standardised, strict=True):
            _add_standardised(total, member.score(block), 1.0)
        best = np.hstack([topn(total, _CANDIDATES, block.history).items for total in standardised])
        best.sort(axis=1)
        best[:, 1:][best[:, 1:] == best[:, :-1]] = -1
        of_best = np.take_along_axis(standardised, np.maximum(best, 0)[None], axis=2)
        items.append(best)
        scores.append(np.moveaxis(of_best, 0, 2))
    return np.concatenate(items), np.concatenate(scores)


def _quality(candidates: NDArray[np.int32], scores: NDArray[np.floating], held_out: LeaveLastSplit) -> float:
    """Return the mean NDCG of the candidates in the order of their scores."""
    losses = np.where(candidates < 0, np.inf, -scores)
    order = np.argsort(losses, axis=1, kind="stable")[:, :_CUTOFF]
    ranked = np.take_along_axis(candidates, order, axis=1)
    hits = ranking.find_hits(ranked, held_out.wanted.indptr, held_out.wanted.items)
    return ranking.mean(ranking.ndcg(hits, _CUTOFF))
