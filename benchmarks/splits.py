"""Published train and test files, read as they are: one user a line, `user item item …` (the LightGCN format)."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from aisle.prepare.interactions import EventLog, Interactions
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN, Vocabulary


@dataclass(frozen=True, eq=False)
class Split:
    """Who has what, and who is to find what: two matrices (users, items) of ones."""

    train: csr_array
    test: csr_array

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read `train.txt` and `test.txt` of a folder."""
        train, test = _read_pairs(folder / "train.txt"), _read_pairs(folder / "test.txt")
        users, items = np.maximum(train.max(axis=1), test.max(axis=1)) + 1
        return cls(_matrix(train, (users, items)), _matrix(test, (users, items)))

    def carve(self, share: float, seed: int) -> "Split":
        """Return a split of the training data alone: a random share of its pairs becomes the test."""
        pairs = np.array(self.train.nonzero(), np.int64)
        held_out = np.random.default_rng(seed).random(pairs.shape[1]) < share
        return Split(_matrix(pairs[:, ~held_out], self.train.shape), _matrix(pairs[:, held_out], self.train.shape))

    @property
    def asked(self) -> NDArray[np.intp]:
        """The users with something to find."""
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
    """Return ones where the pairs are; doubles count once."""
    matrix = coo_array((np.ones(pairs.shape[1], np.float32), (pairs[0], pairs[1])), shape=shape).tocsr()
    matrix.data[:] = 1
    matrix.sort_indices()
    return matrix


def lists(matrix: csr_array) -> ItemLists:
    """Return each row's items."""
    return ItemLists(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32))


def queries(matrix: csr_array) -> QueryBatch:
    """Return one query per row, with all its items as history, at one and the same moment."""
    return QueryBatch(lists(matrix), matrix.data, np.zeros(matrix.nnz, np.int64), now=0)


def interactions(matrix: csr_array) -> Interactions:
    """Return training data in which every pair is one purchase at one and the same moment."""
    user, item = matrix.nonzero()
    pairs = len(user)
    log = EventLog(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        kind=np.full(pairs, KIND_CODES[EventKind.PURCHASE], np.int8),
        weight=np.ones(pairs, np.float32),
        rating=np.full(pairs, np.nan, np.float32),
        timestamp=np.zeros(pairs, np.int64),
        session=np.full(pairs, UNKNOWN, np.int32),
        basket=np.full(pairs, UNKNOWN, np.int32),
        price=np.full(pairs, np.nan, np.float32),
        quantity=np.ones(pairs, np.int32),
    )
    users, items = (Vocabulary(map(str, range(size))) for size in matrix.shape)
    return Interactions(users, items, matrix, log, now=0)
