"""The way of one item to one shopper's shelf, up to the rules: proposed by sources, kept by the cut, ranked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.candidates import MOST, Candidates, gather
from aisle.engine.ranking.explain import contributions, weighed
from aisle.engine.ranking.features import names
from aisle.engine.ranking.hybrid import Hybrid, profiles_of
from aisle.recommenders.base import Recommender
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.recommenders.topn import topn

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


class SourceProposal(msgspec.Struct, frozen=True):
    """What one source says of an item."""

    source: str
    rank: int | None
    """From 1, among all items; None where the source cannot say."""
    score: float | None
    """As a share of the best one that the shopper has there; None where the source cannot say, or nothing is good."""
    proposed: bool
    """Whether it is a candidate for this source's sake."""
    adds: float | None
    """What the score of the item owes to the source; None where the item does not reach the ranker."""


class FeatureEffect(msgspec.Struct, frozen=True):
    """A feature of an item for a shopper."""

    feature: str
    value: float | None
    """None where it is not known."""
    adds: float
    """What the score owes to its not being as it is for the shopper's typical candidate."""


@dataclass(frozen=True, eq=False)
class Funnel:
    """How far an item comes.

    Attributes
    ----------
    proposals
        What each source says of it.
    items, scores
        What the ranker orders for this shopper, in any order, (candidates,).
    rank
        The item's rank among these from 1, or None if it is not one of them.
    score
        Its score there.
    chance
        How likely it is wanted by its ranks alone, before the cut; None for a single model, and for no candidate.
    features
        What the ranker looks at, what matters most first; nothing without a ranker.
    """

    proposals: tuple[SourceProposal, ...]
    items: Ints
    scores: Floats
    rank: int | None
    score: float | None
    chance: float | None
    features: Sequence[FeatureEffect]


def funnel(
    model: Hybrid | Recommender[Any],
    queries: QueryBatch,
    item: int,
    exclude: ItemLists | None = None,
    n_candidates: int = MOST,
) -> Funnel:
    """Return how far an item comes on its way to one shopper's shelf.

    Parameters
    ----------
    model
        What fills the shelf: several sources in two stages, or one recommender.
    queries
        One, with its profile.
    item
        The item's number.
    exclude
        Items that are excluded, a list for the one query.
    n_candidates
        How many items of one recommender are candidates.
    """
    if isinstance(model, Hybrid):
        return _of_hybrid(model, queries, item, exclude)
    return _of_recommender(model, queries, item, exclude, n_candidates)


def _of_hybrid(hybrid: Hybrid, queries: QueryBatch, item: int, exclude: ItemLists | None) -> Funnel:
    gathered = gather(hybrid.sources, queries, exclude).of_sources(hybrid.names)
    candidates = gathered.where(hybrid.cut.kept(gathered.lists, gathered.ranks, MOST))
    scores = hybrid.score(profiles_of(queries), candidates)
    adds = dict(zip(hybrid.names, _added(hybrid, queries, candidates, item), strict=True))
    proposals = []
    for name, source in hybrid.sources.items():
        rank, score, share = _rank_and_score(source.recommender, queries, item, exclude)
        proposed = rank is not None and rank <= source.quota and score > 0
        proposals.append(SourceProposal(name, rank, share, proposed, adds[name]))
    chances = hybrid.cut.chances(gathered.ranks[gathered.lists.items == item])
    return Funnel(
        tuple(proposals),
        candidates.lists.items,
        scores,
        *_standing(candidates.lists.items, scores, item),
        chance=float(chances[0]) if len(chances) else None,
        features=_features(hybrid, queries, candidates, item),
    )


def _of_recommender(
    model: Recommender[Any], queries: QueryBatch, item: int, exclude: ItemLists | None, n_candidates: int
) -> Funnel:
    ranked = topn(model.score(queries), n_candidates, exclude)
    filled = ranked.items[0] >= 0
    items, scores = ranked.items[0][filled], ranked.scores[0][filled].astype(np.float64)
    rank, _, share = _rank_and_score(model, queries, item, exclude)
    proposal = SourceProposal(model.name, rank, share, bool(np.isin(item, items)), None)
    return Funnel((proposal,), items, scores, *_standing(items, scores, item), chance=None, features=())


def _rank_and_score(
    source: Recommender[Any], queries: QueryBatch, item: int, exclude: ItemLists | None
) -> tuple[int | None, float, float | None]:
    """Return the rank of an item among all, its score, and that as a share of the best one."""
    scores = np.array(source.score(queries)[0], np.float32)
    if exclude is not None:
        scores[exclude.items] = np.nan
    score = scores[item]
    if not np.isfinite(score):
        return None, np.nan, None
    best = np.nanmax(scores)
    # Equal scores rank in the order of their numbers.
    rank = 1 + int((scores > score).sum()) + int((scores[:item] == score).sum())
    return rank, float(score), float(score / best) if best > 0 else None


def _standing(items: Ints, scores: Floats, item: int) -> tuple[int | None, float | None]:
    """Return the rank of an item among ranked ones, and its score; None where it is not one of them."""
    places = np.flatnonzero(items == item)
    if len(places) == 0:
        return None, None
    score = scores[places[0]]
    ahead = (scores > score) | ((scores == score) & (items < item))
    return 1 + int(ahead.sum()), float(score)


def _added(hybrid: Hybrid, queries: QueryBatch, candidates: Candidates, item: int) -> list[float | None]:
    """Return what the score of an item owes to each source, (sources,)."""
    candidate = candidates.where(candidates.lists.items == item)
    if len(candidate) == 0:
        return [None] * len(hybrid.names)
    added: list[float | None] = contributions(hybrid, profiles_of(queries), candidate)[0].tolist()
    return added


def _features(hybrid: Hybrid, queries: QueryBatch, candidates: Candidates, item: int) -> list[FeatureEffect]:
    """Return the features of an item, what matters most first; nothing where no ranker looks at it."""
    places = np.flatnonzero(candidates.lists.items == item)
    if hybrid.ranker is None or len(places) == 0:
        return []
    values, adds = weighed(hybrid, profiles_of(queries), candidates, int(places[0]))
    effects = [
        FeatureEffect(name, None if np.isnan(value) else value, added)
        for name, value, added in zip(names(hybrid.names), values.tolist(), adds.tolist(), strict=True)
    ]
    return sorted(effects, key=lambda effect: -abs(effect.adds))
