"""Sequences of items, one for each user, without dates: what a user takes next is to be found among all items."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.metrics import ranking
from aisle.prepare.interactions import Interactions
from aisle.recommenders.base import Recommender
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.shop.moments import DAY
from benchmarks.data.ordered import interactions, queries

K: Final = 10
"""How many places count."""

LAST_DAY: Final = 20_000 * DAY
"""Sequences have no dates: all of them end on this day, with a day from step to step."""

RANKED: Final = "ranked"
EXCLUDED: Final = "excluded"
HISTORIES: Final = (RANKED, EXCLUDED)
"""What happens to the items of a user's own history."""


@dataclass(frozen=True, eq=False)
class Case:
    """Training data, queries, and the item that each user takes next, (users,)."""

    train: Interactions
    queries: QueryBatch
    target: NDArray[np.int32]

    @classmethod
    def of(cls, sequences: Sequence[NDArray[np.int32]], later: int, catalogue: pl.DataFrame | None) -> "Case":
        """Return the case whose target has so many later items in its sequence.

        The item before the target is history, and is not learnt from.
        """
        items = 1 + max(int(sequence.max()) for sequence in sequences)
        past = [sequence[: -2 - later] for sequence in sequences]
        sizes = np.array([len(sequence) for sequence in past])
        owner = np.repeat(np.arange(len(past), dtype=np.int32), sizes)
        days = np.concatenate([np.arange(-size, 0) for size in sizes])
        train = interactions(owner, np.concatenate(past), LAST_DAY + days * DAY, (len(past), items))
        histories = [sequence[: -1 - later] for sequence in sequences]
        lists = ItemLists(np.cumsum([0, *map(len, histories)]), np.concatenate(histories))
        target = np.array([sequence[-1 - later] for sequence in sequences])
        return cls(replace(train, catalogue=catalogue), queries(lists, train.now), target)

    def evaluate(self, model: Recommender[Any], history: str) -> tuple[float, float]:
        """Return HR@10 and NDCG@10 of a fitted model."""
        exclude = self.queries.history if history == EXCLUDED else None
        return hits_and_ndcg(model.retrieve(self.queries, K, exclude), self.target)


def hits_and_ndcg(ranked: Ranked, target: NDArray[np.int32]) -> tuple[float, float]:
    """Return HR@10 and NDCG@10 of ranked items, for the target of each user, (users,)."""
    hits = ranking.find_hits(ranked.items, np.arange(len(target) + 1), target)
    return ranking.mean(ranking.hit_rate(hits, K)), ranking.mean(ranking.ndcg(hits, K))


def read(folder: Path) -> tuple[NDArray[np.int64], list[NDArray[np.int32]]]:
    """Return the ids of the items in `sequences.txt`, and its sequences, in which items are numbers from 0."""
    path = folder / "sequences.txt"
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}; name a folder with sequences.txt, one user a line, oldest item first")
    sequences = [np.array(line.split()[1:], np.int64) for line in lines]
    sequences = [sequence for sequence in sequences if len(sequence) >= 3]
    if not sequences:
        sys.exit(f"{path} has no user with three items; write one user a line, oldest item first")
    ids = np.unique(np.concatenate(sequences))
    return ids, [np.searchsorted(ids, sequence).astype(np.int32) for sequence in sequences]
