"""Items without any event yet: which of them does each shopper take? Recall@20 among such items.

    python -m benchmarks.cold FOLDER [--json FILE]

FOLDER holds `sequences.txt`, one user a line, oldest first: `user item item …`, and `item_attributes.json`, attribute
ids by item. A tenth of the items, drawn at random, is removed with all its events. What remains of each sequence is the
user's history, and the removed items of the sequence are to be found among all removed items. Settings are chosen on
another tenth, drawn from the remaining items and removed in the same way. `times_peer` compares with nearest neighbours
on raw attributes, tuned likewise. `selected` marks the row that validation chose.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from aisle.metrics import ranking
from aisle.prepare.interactions import Interactions
from aisle.recommenders.content.content import Content, ContentConfig
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.recommenders.topn import topn
from aisle.shop.columns import TAGS
from aisle.shop.moments import DAY
from benchmarks.data import attributes
from benchmarks.data.ordered import interactions, queries
from benchmarks.data.sequences import read
from benchmarks.shared.rows import Row, finish, options, say, timed
from benchmarks.shared.settings import described, grid

K: Final = 20
SHARE: Final = 0.1
TEST_SEED: Final = 0
VALIDATION_SEED: Final = 1
FIT_SEED: Final = 0

PEER: Final = "nearest attributes"

GRIDS: Final = {
    PEER: grid(rarity=[0.0, 1.0, 2.0, 3.0, 4.0, 6.0], pooling=["mean", "max"]),
    Content.name: grid(factors=[128, 256], regularization=[1.0, 3.0], content_share=[0.0, 0.1, 0.3]),
}
"""The settings to choose from."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Case:
    """Training data, queries, the cold items, and the cold items that each user takes."""

    train: Interactions
    queries: QueryBatch
    cold: NDArray[np.int32]
    targets: ItemLists

    @classmethod
    def of(
        cls,
        sequences: Sequence[NDArray[np.int32]],
        catalogue: pl.DataFrame,
        cold: NDArray[np.int32],
        removed: NDArray[np.int32],
    ) -> "Case":
        """Make cold items the targets and remove them from histories, together with others that are no targets."""
        user = np.repeat(np.arange(len(sequences), dtype=np.int32), [len(sequence) for sequence in sequences])
        item = np.concatenate(sequences)
        is_target = np.isin(item, cold)
        known = ~is_target & ~np.isin(item, removed)
        moment = np.arange(len(item)) * DAY
        train = interactions(user[known], item[known], moment[known], (len(sequences), catalogue.height))
        histories = ItemLists.of_pairs(user[known], item[known], len(sequences))
        numbers = np.searchsorted(cold, item[is_target]).astype(np.int32)
        targets = ItemLists.of_pairs(user[is_target], numbers, len(sequences))
        users = np.flatnonzero((np.diff(histories.indptr) > 0) & (np.diff(targets.indptr) > 0))
        train = replace(train, catalogue=catalogue)
        return cls(train, queries(histories.take(users), train.now), cold, targets.take(users))

    def recall(self, model: "Scorer") -> float:
        """Return Recall@20 of a fitted model."""
        ranked = topn(model.score(self.queries, self.cold), K).items
        return ranking.mean(ranking.recall(ranking.find_hits(ranked, self.targets.indptr, self.targets.items), K))


class Scorer(Protocol):
    """A fitted model."""

    def score(self, queries: QueryBatch, items: NDArray[np.int32]) -> Floats:
        """Return scores (queries, items)."""
        ...


class NearestAttributes:
    """The peer: the cosine of attribute vectors, pooled over the history.

    Parameters
    ----------
    rarity
        An attribute counts (1 + log(items / items with it)) to this power.
    pooling
        `mean` or `max` over the history.
    """

    def __init__(self, rarity: float, pooling: str) -> None:
        self._rarity = rarity
        self._pooling = pooling

    def fit(self, catalogue: pl.DataFrame) -> "NearestAttributes":
        """Make unit vectors of attributes, (items, attributes)."""
        tags = catalogue.with_row_index("row").select("row", pl.col(TAGS).str.split("|")).drop_nulls().explode(TAGS)
        columns = tags[TAGS].rank("dense").to_numpy().astype(np.int64) - 1
        rarity = 1 + np.log(catalogue.height / np.bincount(columns))
        weights = rarity[columns] ** self._rarity
        lengths = np.sqrt(np.bincount(tags["row"], weights**2, minlength=catalogue.height))
        rows = tags["row"].to_numpy()
        shape = catalogue.height, len(rarity)
        self._vectors = csr_array((weights / lengths[rows], (rows, columns)), shape=shape)
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32]) -> Floats:
        """Return pooled cosines (queries, items)."""
        history = queries.history
        cosines: Floats = (self._vectors @ self._vectors[items].T).toarray().astype(np.float32)
        if self._pooling == "max":
            return np.maximum.reduceat(cosines[history.items], history.indptr[:-1])
        rows = csr_array((queries.weights, history.items, history.indptr), shape=(len(queries), len(cosines)))
        return ((rows @ cosines) / np.diff(history.indptr)[:, None]).astype(np.float32)


class Trial(NamedTuple):
    """Settings, and the Recall@20 of validation items."""

    settings: Mapping[str, Any]
    recall: float


def main() -> None:
    """Choose settings on some cold items, and measure on others."""
    parser = options("cold", __doc__)
    parser.add_argument("folder", type=Path, help="holds sequences.txt and item_attributes.json")
    arguments = parser.parse_args()
    ids, sequences = read(arguments.folder)
    catalogue = attributes.read(arguments.folder, ids)
    if catalogue is None:
        sys.exit(f"{arguments.folder} has no item_attributes.json; name a folder that has attribute ids by item")
    numbers = np.arange(len(ids), dtype=np.int32)
    cold = _draw(numbers, TEST_SEED)
    others = _draw(np.setdiff1d(numbers, cold), VALIDATION_SEED)
    validation = Case.of(sequences, catalogue, others, removed=cold)
    test = Case.of(sequences, catalogue, cold, removed=cold[:0])
    say(f"{len(cold)} cold items, {len(test.queries)} users, {len(test.train.log)} training pairs")
    chosen = {name: _choose(name, validation) for name in GRIDS}
    winner = max(chosen.values(), key=_recall)
    rows = [_row(name, trial, test) | {"selected": trial is winner} for name, trial in chosen.items()]
    peer = float(rows[0][f"recall@{K}"])
    finish([row | {"times_peer": float(row[f"recall@{K}"]) / peer} for row in rows], arguments.json)


def _draw(items: NDArray[np.int32], seed: int) -> NDArray[np.int32]:
    """Return a tenth of the items, in order."""
    count = round(SHARE * len(items))
    return np.sort(np.random.default_rng(seed).choice(items, count, replace=False))


def _fit(name: str, settings: Mapping[str, Any], case: Case) -> Scorer:
    if name == PEER:
        assert case.train.catalogue is not None
        return NearestAttributes(**settings).fit(case.train.catalogue)
    return Content(ContentConfig.parse(settings)).fit(case.train, seed=FIT_SEED)


def _choose(name: str, validation: Case) -> Trial:
    """Return the settings with the best recall on validation items."""
    trials = []
    for settings in GRIDS[name]:
        trials.append(Trial(settings, validation.recall(_fit(name, settings, validation))))
        say(f"validation Recall@{K} {trials[-1].recall:.4f}  {name} {described(settings)}")
    return max(trials, key=_recall)


def _recall(trial: Trial) -> float:
    return trial.recall


def _row(name: str, trial: Trial, test: Case) -> Row:
    """Fit on all but the cold items, and find those."""
    model, fit_s = timed(lambda: _fit(name, trial.settings, test))
    recall, score_s = timed(lambda: test.recall(model))
    return {
        "model": name,
        f"recall@{K}": recall,
        "times_peer": 1.0,
        "validation_recall": trial.recall,
        "fit_s": fit_s,
        "score_s": score_s,
        "settings": described(trial.settings),
    }


if __name__ == "__main__":
    main()
