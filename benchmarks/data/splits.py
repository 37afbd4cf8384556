"""Published train and test files in the format of LightGCN: one user a line, `user item item …`."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from aisle.prepare.interactions import Interactions
from aisle.recommenders.query import ItemLists, QueryBatch
from benchmarks.data.logs import event_log, numbered


@dataclass(frozen=True, eq=False)
class Split:
    """The pairs to learn from and the pairs to find: two matrices (users, items) of ones."""

    train: csr_array
    test: csr_array

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read `train.txt` and `test.txt` of a folder."""
        train, test = _read_pairs(folder / "train.txt"), _read_pairs(folder / "test.txt")
        users, items = np.maximum(train.max(axis=1), test.max(axis=1)) + 1
        return cls(_matrix(train, (users, items)), _matrix(test, (users, items)))

    def validation(self, share: float, seed: int) -> "Split":
        """Return a split of the training data alone: a random share of its pairs becomes the test."""
        pairs = np.array(self.train.nonzero(), np.int64)
        held_out = np.random.default_rng(seed).random(pairs.shape[1]) < share
        return Split(_matrix(pairs[:, ~held_out], self.train.shape), _matrix(pairs[:, held_out], self.train.shape))

    @property
    def test_users(self) -> NDArray[np.intp]:
        """The users with test items."""
        return np.flatnonzero(np.diff(self.test.indptr))


def _read_pairs(path: Path) -> NDArray[np.int64]:
    """Return users and items, (2, pairs)."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}; name a folder with train.txt and test.txt, one user a line")
    rows = [np.array(line.split(), np.int64) for line in lines if line.strip()]
    users = np.repeat([row[0] for row in rows], [len(row) - 1 for row in rows])
    return np.stack([users, np.concatenate([row[1:] for row in rows])])


def _matrix(pairs: NDArray[np.int64], shape: tuple[int, int]) -> csr_array:
    """Return a matrix of ones at the pairs; a repeated pair counts once."""
    matrix = coo_array((np.ones(pairs.shape[1], np.float32), (pairs[0], pairs[1])), shape=shape).tocsr()
    matrix.data[:] = 1
    matrix.sort_indices()
    return matrix


def lists(matrix: csr_array) -> ItemLists:
    """Return the items of each row."""
    return ItemLists(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32))


def queries(matrix: csr_array) -> QueryBatch:
    """Return a query for each row, with all its items as history, all at the same moment."""
    return QueryBatch(lists(matrix), matrix.data, np.zeros(matrix.nnz, np.int64), now=0)


def interactions(matrix: csr_array) -> Interactions:
    """Return training data in which every pair is one purchase, all at the same moment."""
    user, item = matrix.nonzero()
    log = event_log(user.astype(np.int32), item.astype(np.int32), np.zeros(len(user), np.int64))
    users, items = map(numbered, matrix.shape)
    return Interactions(users, items, matrix, log, now=0)
