"""How well models rank for the members of a segment, on the shelves of held-out shoppers that their trainings kept."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from aisle.engine.recipe import SHELF_SAMPLE
from aisle.engine.request import MAIN_PLACEMENT
from aisle.evaluation.bootstrap import Interval, mean_interval
from aisle.metrics import ranking
from aisle.models import registry
from aisle.models.registry import ModelRow
from aisle.recommenders.query import ItemLists
from aisle.recommenders.second_stage.shelf_sample import SampledShelf, ShelfSample
from aisle.shop.errors import BundleError, NoModel
from aisle.storage.connection import Database
from aisle.storage.digest import digest
from aisle.storage.shoppers import erased

K: Final = 10
"""How many places of a shelf count."""

MOST: Final = 10
"""So many models are asked."""


class RanksFor(NamedTuple):
    """How well a model ranks for the members of a segment, and for all whose shelves its training kept.

    The rankings are those before the rules, of the weeks that were held out when the model was trained.
    """

    version: int
    members: int
    """How many members had a shelf of the main placement."""
    ndcg: Interval | None
    """None without any."""
    shoppers: int
    of_all: Interval | None


def ranks_for(db: Database, rows: Sequence[ModelRow], bundles: Path, user_ids: Collection[str]) -> list[RanksFor]:
    """Return how the first `MOST` of some models rank for users; a model without files or sampled shelves is left out.

    Parameters
    ----------
    bundles
        The folder of the bundles of all versions.
    """
    gone, wanted = erased.all_digests(db), {digest(user_id) for user_id in user_ids}
    told = []
    for row in rows[:MOST]:
        try:
            sample = registry.load(bundles, row, verify=False).parts.get(SHELF_SAMPLE)
        except (NoModel, BundleError):
            continue
        if isinstance(sample, ShelfSample):
            shelves = [shelf for shelf in sample.shelves_of(MAIN_PLACEMENT) if shelf.digest not in gone]
            theirs = [shelf for shelf in shelves if shelf.digest in wanted]
            told.append(RanksFor(row.version, len(theirs), _ndcg(theirs), len(shelves), _ndcg(shelves)))
    return told


def _ndcg(shelves: Sequence[SampledShelf]) -> Interval | None:
    """Return the mean NDCG with its interval; None if nobody took anything."""
    shelves = [shelf for shelf in shelves if len(shelf.taken)]
    if not shelves:
        return None
    ranked = np.full((len(shelves), K), -1, np.int32)
    for row, shelf in zip(ranked, shelves, strict=True):
        best = shelf.items[np.argsort(-shelf.scores, kind="stable")][:K]
        row[: len(best)] = best
    taken = ItemLists.of_arrays([shelf.taken for shelf in shelves])
    return mean_interval(ranking.ndcg(ranking.find_hits(ranked, taken.indptr, taken.items), K), seed=0)
