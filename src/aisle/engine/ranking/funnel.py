"""How far one item comes on its way to one shopper's shelf: proposed by sources, kept by the pruner, ranked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.candidates import MAX_CANDIDATES, Candidates, gather
from aisle.engine.ranking.chances import PLACES, facts
from aisle.engine.ranking.explain import contributions, feature_effects
from aisle.engine.ranking.features import names
from aisle.engine.ranking.hybrid import Hybrid, profiles_of
from aisle.recommenders.base import Recommender
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.recommenders.topn import topn

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


class SourceProposal(msgspec.Struct, frozen=True):
    """How one source ranks and scores an item."""

    source: str
    rank: int | None
    """From 1, among all items; None where the source cannot score it."""
    score: float | None
    """A share of the source's best score for the shopper; None where there is no score, or no score is above 0."""
    proposed: bool
    """Whether the source proposes it as a candidate."""
    adds: float | None
    """What the source adds to the item's final score; None where the item does not reach the ranker."""


class FeatureEffect(msgspec.Struct, frozen=True):
    """A feature of an item for a shopper, and its effect on the score."""

    feature: str
    value: float | None
    """None where it is not known."""
    adds: float
    """What the value adds to the score, compared with the value of the shopper's typical candidate."""


@dataclass(frozen=True, eq=False)
class Funnel:
    """How far an item comes on its way to a shelf.

    Attributes
    ----------
    proposals
        How each source ranks it.
    items, scores
        The candidates that are ranked for the shopper, and their scores, in any order, (candidates,).
    rank
        The item's rank among these, from 1; None if it is not one of them.
    score
        Its score there.
    chance
        The chance that the shopper takes it; None where none can be stated, and beyond the first places.
    chance_days
        Within how many days.
    features
        The features that the ranker uses, those with the largest effect first; empty without a ranker.
    """

    proposals: tuple[SourceProposal, ...]
    items: Ints
    scores: Floats
    rank: int | None
    score: float | None
    chance: float | None
    features: Sequence[FeatureEffect]
    chance_days: float | None = None


def funnel(
    model: Hybrid | Recommender[Any],
    queries: QueryBatch,
    item: int,
    exclude: ItemLists | None = None,
    n_candidates: int = MAX_CANDIDATES,
) -> Funnel:
    """Return how far an item comes on its way to one shopper's shelf.

    Parameters
    ----------
    model
        The model that fills the shelf: a hybrid, or one recommender.
    queries
        A single query, with its profile.
    item
        The item's number.
    exclude
        The excluded items, a list for the one query.
    n_candidates
        How many candidates a single recommender proposes.
    """
    if isinstance(model, Hybrid):
        return _of_hybrid(model, queries, item, exclude)
    return _of_recommender(model, queries, item, exclude, n_candidates)


def _of_hybrid(hybrid: Hybrid, queries: QueryBatch, item: int, exclude: ItemLists | None) -> Funnel:
    gathered = gather(hybrid.sources, queries, exclude).of_sources(hybrid.names)
    candidates = gathered.where(hybrid.pruner.kept(gathered.lists, gathered.ranks, MAX_CANDIDATES))
    scores = hybrid.score(profiles_of(queries), candidates)
    adds = dict(zip(hybrid.names, _source_effects(hybrid, queries, candidates, item), strict=True))
    proposals = []
    for name, source in hybrid.sources.items():
        rank, score, share = _rank_and_score(source.recommender, queries, item, exclude)
        proposed = rank is not None and rank <= source.quota and score > 0
        proposals.append(SourceProposal(name, rank, share, proposed, adds[name]))
    place, value = _standing(candidates.lists.items, scores, item)
    return Funnel(
        tuple(proposals),
        candidates.lists.items,
        scores,
        place,
        value,
        chance=_chance(hybrid, queries, place, value),
        features=_features(hybrid, queries, candidates, item),
        chance_days=hybrid.calibration.days if hybrid.calibration else None,
    )


def _chance(hybrid: Hybrid, queries: QueryBatch, rank: int | None, score: float | None) -> float | None:
    """Return the chance that a shopper takes the item of a rank; None where none can be stated."""
    profiles = profiles_of(queries)
    if hybrid.calibration is None or rank is None or rank > PLACES or not len(profiles.item):
        return None
    of_item = facts(np.array([score], np.float64), np.array([rank]), np.zeros(1, np.int64), profiles)
    return float(hybrid.calibration.chances(of_item)[0])


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
    """Return the rank of an item among all items, its score, and its score divided by the best one."""
    scores = np.array(source.score(queries)[0], np.float32)
    if exclude is not None:
        scores[exclude.items] = np.nan
    score = scores[item]
    if not np.isfinite(score):
        return None, np.nan, None
    best = np.nanmax(scores)
    # Ties are ranked by item number.
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


def _source_effects(hybrid: Hybrid, queries: QueryBatch, candidates: Candidates, item: int) -> list[float | None]:
    """Return what each source adds to the score of an item, (sources,)."""
    candidate = candidates.where(candidates.lists.items == item)
    if len(candidate) == 0:
        return [None] * len(hybrid.names)
    effects: list[float | None] = contributions(hybrid, profiles_of(queries), candidate)[0].tolist()
    return effects


def _features(hybrid: Hybrid, queries: QueryBatch, candidates: Candidates, item: int) -> list[FeatureEffect]:
    """Return the features of an item, those with the largest effect first; none where no ranker scores it."""
    places = np.flatnonzero(candidates.lists.items == item)
    if hybrid.ranker is None or len(places) == 0:
        return []
    values, adds = feature_effects(hybrid, profiles_of(queries), candidates, int(places[0]))
    effects = [
        FeatureEffect(name, None if np.isnan(value) else value, effect)
        for name, value, effect in zip(names(hybrid.names), values.tolist(), adds.tolist(), strict=True)
    ]
    return sorted(effects, key=lambda effect: -abs(effect.adds))
