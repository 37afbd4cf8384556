"""Published folds of ratings: `uN.base` and `uN.test`, each line `user item rating timestamp`."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from aisle.prepare.interactions import Interactions
from benchmarks.data.logs import event_log, numbered


@dataclass(frozen=True, eq=False)
class Stars:
    """Ratings in the order of time; users and items are numbers from 0. Arrays have the shape (ratings,)."""

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    stars: NDArray[np.float32]
    timestamp: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.user)

    def where(self, rows: NDArray[np.bool_]) -> "Stars":
        """Return some of the ratings."""
        return Stars(self.user[rows], self.item[rows], self.stars[rows], self.timestamp[rows])


@dataclass(frozen=True, eq=False)
class Fold:
    """Ratings to learn from, and ratings to predict."""

    train: Stars
    test: Stars
    users: int
    items: int

    @classmethod
    def read(cls, folder: Path, number: int) -> Self:
        """Read fold `number` of a folder."""
        train, test = (_read(folder / f"u{number}.{part}") for part in ("base", "test"))
        users, items = (np.unique(np.concatenate((train[:, at], test[:, at]))) for at in (0, 1))
        return cls(_numbered(train, users, items), _numbered(test, users, items), len(users), len(items))

    def part(self, number: int, parts: int, seed: int) -> "Fold":
        """Return a fold of the training ratings alone: one of so many random parts is its test."""
        held_out = np.random.default_rng(seed).permutation(len(self.train)) % parts == number
        return Fold(self.train.where(~held_out), self.train.where(held_out), self.users, self.items)

    def interactions(self) -> Interactions:
        """Return the training ratings as a recommender takes them."""
        train = self.train
        log = event_log(train.user, train.item, train.timestamp, rating=train.stars)
        matrix = csr_array((train.stars, (train.user, train.item)), shape=(self.users, self.items))
        now = int(train.timestamp[-1]) + 1
        return Interactions(numbered(self.users), numbered(self.items), matrix, log, now=now)


def read_folds(folder: Path) -> list[Fold]:
    """Read every fold of a folder, u1 first."""
    numbers = sorted(int(path.stem[1:]) for path in folder.glob("u*.base") if path.stem[1:].isdecimal())
    if not numbers:
        sys.exit(f"{folder}: no folds; name a folder with u1.base, u1.test, u2.base, …")
    return [Fold.read(folder, number) for number in numbers]


def _read(path: Path) -> NDArray[np.float64]:
    """Return users, items, ratings and timestamps, (ratings, 4)."""
    try:
        return np.loadtxt(path, ndmin=2)
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: {error}; each line must be `user item rating timestamp`")


def _numbered(rows: NDArray[np.float64], users: NDArray[np.float64], items: NDArray[np.float64]) -> Stars:
    rows = rows[np.argsort(rows[:, 3], kind="stable")]
    return Stars(
        np.searchsorted(users, rows[:, 0]).astype(np.int32),
        np.searchsorted(items, rows[:, 1]).astype(np.int32),
        rows[:, 2].astype(np.float32),
        (rows[:, 3] * 1_000_000).astype(np.int64),
    )
