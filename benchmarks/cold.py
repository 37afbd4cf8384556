"""Items that nobody has touched yet: which of them does each shopper take? Recall@20 among such items.

    python -m benchmarks.cold FOLDER [--json FILE]

FOLDER holds `sequences.txt`, one user a line, oldest first: `user item item …`, and `item_attributes.json`, attribute
ids by item. A tenth of the items, drawn at random, is taken out with all events. What is left of each sequence is the
user's history, and the user is to find the items taken out of it, among all that were taken out. Settings are chosen on
another tenth, drawn from the items that are left and taken out in the same way. `times_peer` compares with nearest
neighbours on raw attributes, tuned likewise. `selected` marks the one row that validation chose.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_array

from aisle.metrics import ranking
from aisle.prepare.interactions import Interactions
from aisle.recommenders.content.content import Content, ContentConfig
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.recommenders.topn import topn
from aisle.shop.columns import TAGS
from aisle.shop.moments import DAY
from benchmarks import attributes
from benchmarks.ordered import interactions, queries
from benchmarks.sequences import grid, read

K: Final = 20
SHARE: Final = 0.1
TEST_SEED: Final = 0
VALIDATION_SEED: Final = 1
FIT_SEED: Final = 0

PEER: Final = "nearest attributes"

PEERS: Final = grid(rarity=[0.0, 1.0, 2.0, 3.0, 4.0, 6.0], pooling=["mean", "max"])
CONTENTS: Final = grid(factors=[128, 256], regularization=[1.0, 3.0], content_share=[0.0, 0.1, 0.3])
"""What is tried of either."""

Row = dict[str, str | bool | float]
Floats = NDArray[np.float32]

console = Console(stderr=True, soft_wrap=True)


@dataclass(frozen=True, eq=False)
class Case:
    """What is learnt, what is asked, which items nobody has touched, and those that each user took of them."""

    train: Interactions
    queries: QueryBatch
    cold: NDArray[np.int32]
    wanted: ItemLists

    @classmethod
    def of(
        cls,
        sequences: Sequence[NDArray[np.int32]],
        catalogue: pl.DataFrame,
        cold: NDArray[np.int32],
        gone: NDArray[np.int32],
    ) -> "Case":
        """Take cold items out of sequences and ask for them; those that are gone are not asked for either."""
        user = np.repeat(np.arange(len(sequences), dtype=np.int32), [len(sequence) for sequence in sequences])
        item = np.concatenate(sequences)
        asked_for = np.isin(item, cold)
        left = ~asked_for & ~np.isin(item, gone)
        moment = np.arange(len(item)) * DAY
        train = interactions(user[left], item[left], moment[left], (len(sequences), catalogue.height))
        histories = ItemLists.of_pairs(user[left], item[left], len(sequences))
        numbers = np.searchsorted(cold, item[asked_for]).astype(np.int32)
        wanted = ItemLists.of_pairs(user[asked_for], numbers, len(sequences))
        both = np.flatnonzero((np.diff(histories.indptr) > 0) & (np.diff(wanted.indptr) > 0))
        train = replace(train, catalogue=catalogue)
        return cls(train, queries(histories.take(both), train.now), cold, wanted.take(both))

    def judge(self, model: "Scorer") -> float:
        """Return Recall@20 of a fitted model."""
        ranked = topn(model.score(self.queries, self.cold), K).items
        return ranking.mean(ranking.recall(ranking.find_hits(ranked, self.wanted.indptr, self.wanted.items), K))


class Scorer(Protocol):
    """Whatever has learnt to score items."""

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


class Tried(NamedTuple):
    """Settings, and the Recall@20 of validation items."""

    settings: Mapping[str, Any]
    recall: float


class Measured(NamedTuple):
    """The Recall@20 of test items, and the seconds that it took."""

    recall: float
    fit_s: float
    score_s: float


def main() -> None:
    """Read the folder, choose settings on some cold items, measure on others, print the table and write the file."""
    arguments = _arguments()
    ids, sequences = read(arguments.folder)
    catalogue = attributes.read(arguments.folder, ids)
    if catalogue is None:
        sys.exit(f"{arguments.folder} has no item_attributes.json; name a folder that has attribute ids by item")
    numbers = np.arange(len(ids), dtype=np.int32)
    cold = _draw(numbers, TEST_SEED)
    others = _draw(np.setdiff1d(numbers, cold), VALIDATION_SEED)
    validation = Case.of(sequences, catalogue, others, gone=cold)
    test = Case.of(sequences, catalogue, cold, gone=cold[:0])
    console.print(f"{len(cold)} cold items, {len(test.queries)} users asked, {len(test.train.log)} training pairs")
    grids = {PEER: PEERS, Content.name: CONTENTS}
    chosen = {name: _choose(name, settings, validation) for name, settings in grids.items()}
    winner = max(chosen.values(), key=_recall)
    measured = {name: _measure(name, tried, test) for name, tried in chosen.items()}
    rows: list[Row] = [
        {
            "model": name,
            f"recall@{K}": one.recall,
            "times_peer": one.recall / measured[PEER].recall,
            "validation_recall": chosen[name].recall,
            "fit_s": one.fit_s,
            "score_s": one.score_s,
            "settings": _shown(chosen[name].settings),
            "selected": chosen[name] is winner,
        }
        for name, one in measured.items()
    ]
    Console().print(_table(rows))
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.encode({"rows": rows}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds sequences.txt and item_attributes.json")
    parser.add_argument("--json", type=Path, help="write the rows here")
    return parser.parse_args()


def _draw(items: NDArray[np.int32], seed: int) -> NDArray[np.int32]:
    """Return a tenth of the items, in order."""
    count = round(SHARE * len(items))
    return np.sort(np.random.default_rng(seed).choice(items, count, replace=False))


def _fit(name: str, settings: Mapping[str, Any], case: Case) -> Scorer:
    if name == PEER:
        assert case.train.catalogue is not None
        return NearestAttributes(**settings).fit(case.train.catalogue)
    return Content(ContentConfig.parse(settings)).fit(case.train, seed=FIT_SEED)


def _choose(name: str, settings: Sequence[Mapping[str, Any]], validation: Case) -> Tried:
    """Return the settings with the best recall on validation items."""
    tried = []
    for one in settings:
        tried.append(Tried(one, validation.judge(_fit(name, one, validation))))
        console.print(f"validation Recall@{K} {tried[-1].recall:.4f}  {name} {_shown(one)}", highlight=False)
    return max(tried, key=_recall)


def _measure(name: str, tried: Tried, test: Case) -> Measured:
    """Fit on all but the cold items and find those."""
    start = time.perf_counter()
    model = _fit(name, tried.settings, test)
    fitted = time.perf_counter()
    recall = test.judge(model)
    return Measured(recall, fitted - start, time.perf_counter() - fitted)


def _recall(tried: Tried) -> float:
    return tried.recall


def _shown(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items())


def _table(rows: Sequence[Row]) -> Table:
    figures = [name for name, value in rows[0].items() if isinstance(value, float)]
    table = Table("model", "selected")
    for name in figures:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(str(row["model"]), "*" if row["selected"] else "", *(f"{row[name]:.4f}" for name in figures))
    return table


if __name__ == "__main__":
    main()
