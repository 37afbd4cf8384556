"""How much of the best items the index of item vectors finds, and in what part of the time, on a published split.

    python -m benchmarks.index FOLDER [--users 2000] [--json FILE]

FOLDER holds `train.txt` and `test.txt`, as for `benchmarks.topn`; ALS learns from the training data. `found@k` is the
share of the k best of all items that a query finds by scoring `scanned` items of the nearest cells and the longest
vectors; `recall@20` is that of the test, without the items of the training; `ms` is processor time of one query.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from aisle import kernels
from aisle.kernels.threads import blas_alone
from aisle.kernels.topn import top_in_cells
from aisle.metrics import ranking
from aisle.recommenders import cells
from aisle.recommenders.implicit.als import ALS, ALSConfig
from aisle.recommenders.query import Ranked
from aisle.recommenders.topn import topn_vectors
from benchmarks.data import splits
from benchmarks.shared.rows import Row, finish, options

SCANNED: Final = (1000, cells.SCANNED, 6000)
FOUND: Final = (20, 100)
TIMED: Final = 300


def main() -> None:
    """Learn, look up, print."""
    parser = options("index", __doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--users", type=int, default=2000)
    arguments = parser.parse_args()
    finish(list(measured(splits.Split.read(arguments.folder), arguments.users)), arguments.json)


def measured(split: splits.Split, users: int) -> Iterator[Row]:
    """Yield what scoring all items finds, and what fewer do."""
    kernels.load()
    model = ALS(ALSConfig()).fit(splits.interactions(split.train), seed=1)
    model.index(seed=1)
    asked = split.test_users[:: max(1, len(split.test_users) // users)]
    seen, wanted = splits.lists(split.train[asked]), splits.lists(split.test[asked])
    vectors = model.query_vectors(splits.queries(split.train[asked]))
    n = max(FOUND) + int(np.diff(seen.indptr).max())
    exact = ranked(model, vectors, n, None)
    for scanned in (None, *SCANNED):
        found = ranked(model, vectors, n, scanned)
        hits = ranking.find_hits(found.without(seen, 20).items, wanted.indptr, wanted.items)
        yield {
            "scanned": "all" if scanned is None else f"{scanned}",
            **{f"found@{k}": share_found(found, exact, k) for k in FOUND},
            "recall@20": float(np.nanmean(ranking.recall(hits, 20))),
            "ms": milliseconds(model, vectors, scanned),
        }


def ranked(model: ALS, vectors: cells.Floats, n: int, scanned: int | None) -> Ranked:
    """Return the n best items of all, or of so many that are scored."""
    if scanned is None:
        return topn_vectors(vectors, model.item_vectors_, n)
    assert model.cells_ is not None
    return Ranked(*top_in_cells(vectors, model.item_vectors_, model.cells_, scanned, n))


def share_found(found: Ranked, exact: Ranked, k: int) -> float:
    """Return the share of the k best of all items that was found."""
    pairs = zip(found.items[:, :k], exact.items[:, :k], strict=True)
    return float(np.mean([np.isin(best, of_query).mean() for of_query, best in pairs]))


def milliseconds(model: ALS, vectors: cells.Floats, scanned: int | None) -> float:
    """Return the median processor time of one query."""
    taken = []
    with blas_alone():
        for row in range(min(TIMED, len(vectors))):
            started = time.process_time()
            ranked(model, vectors[row : row + 1], 100, scanned)
            taken.append((time.process_time() - started) * 1000)
    return float(np.median(taken))


if __name__ == "__main__":
    main()
