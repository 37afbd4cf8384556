"""Star ratings, as the rating models learn them and as a query's history holds them; and biases of users and items."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.prepare.interactions import Interactions
from aisle.prepare.weigh import stars_given
from aisle.recommenders.base import Array
from aisle.recommenders.query import QueryBatch
from aisle.shop.errors import NotEnoughData
from aisle.shop.ids import UNKNOWN

Floats = NDArray[np.float32]


class Scale(NamedTuple):
    """The scale of a shop's ratings."""

    lowest: float
    highest: float
    mean: float

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest."""
        return self.lowest, self.highest

    def array(self) -> NDArray[np.float64]:
        """Return the three numbers, as a bundle stores them."""
        return np.array(self, np.float64)

    @classmethod
    def from_array(cls, array: NDArray[np.float64]) -> Self:
        """Rebuild it from what `array` returned."""
        return cls(*array.tolist())


@dataclass(frozen=True, eq=False)
class Ratings:
    """The last rating of each user–item pair.

    Attributes
    ----------
    by_user
        Stars: a row per user, oldest first.
    """

    by_user: CSR
    items: int

    @property
    def users(self) -> int:
        """The number of users."""
        return len(self.by_user.indptr) - 1

    @cached_property
    def by_item(self) -> CSR:
        """Stars: a row per item, by user."""
        return self.by_user.transposed(self.items)

    @cached_property
    def mean(self) -> float:
        """μ, the mean of all ratings."""
        return float(self.by_user.values.mean(dtype=np.float64))

    @property
    def scale(self) -> "Scale":
        """The worst and the best rating in the data, and the mean."""
        return Scale(float(self.by_user.values.min()), float(self.by_user.values.max()), self.mean)


def ratings_of(data: Interactions) -> Ratings:
    """Return the ratings in a log that known users gave and that are numbers.

    Raises
    ------
    NotEnoughData
        If there is none.
    """
    log = data.log
    rated = (log.user != UNKNOWN) & log.counts & ~np.isnan(stars_given(log.kind, log.rating))
    if not rated.any():
        raise NotEnoughData(
            "no shopper has rated anything with stars; import rate events, or train a model that ranks, such as als"
        )
    user, item, stars = log.user[rated], log.item[rated], log.rating[rated]
    last = _last_of_pairs(user, item, len(data.items))
    user, item, stars = user[last], item[last], stars[last]
    indptr = np.zeros(len(data.users) + 1, np.int64)
    np.cumsum(np.bincount(user, minlength=len(data.users)), out=indptr[1:])
    return Ratings(CSR(indptr, item, stars), len(data.items))


def _last_of_pairs(user: NDArray[np.int32], item: NDArray[np.int32], items: int) -> NDArray[np.intp]:
    """Return the place of the last event of each pair, user by user, in the order of the log."""
    by_pair = np.argsort(user.astype(np.int64) * items + item, kind="stable")
    ended = (np.diff(user[by_pair]) != 0) | (np.diff(item[by_pair]) != 0)
    last = np.sort(by_pair[np.append(ended, True)])
    return last[np.argsort(user[last], kind="stable")]


def rated_histories(queries: QueryBatch, scale: Scale) -> CSR:
    """Return the stars in the histories of queries, a row per query, clipped to a scale."""
    lists = queries.history
    if queries.ratings is None:
        return CSR(np.zeros(len(lists) + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    rated = np.isfinite(queries.ratings)
    indptr = np.concatenate(([0], np.cumsum(rated)))[lists.indptr]
    stars = np.clip(queries.ratings[rated], *scale.ends).astype(np.float32)
    return CSR(indptr, np.ascontiguousarray(lists.items[rated], np.int32), stars)


@dataclass(frozen=True, eq=False)
class Biases:
    """The expected rating of a pair: μ + b_u + b_i.

    Attributes
    ----------
    mean
        μ.
    user, item
        b, (users,) and (items,).
    user_ridge
        A new shopper's b_u is shrunk as if by this many ratings without a residual; infinite for a b_u of 0.
    """

    mean: float
    user: Floats
    item: Floats
    user_ridge: float

    def fold_in(self, histories: CSR) -> Floats:
        """Return b_u of each history: Σ (r - μ - b_i) / (n + ridge), (queries,); 0 without ratings."""
        rest = self.residuals(histories, np.zeros(len(histories.counts), np.float32), self.item)
        totals = np.bincount(rest.rows, rest.values, minlength=len(rest.counts))
        mass = np.maximum(histories.counts + self.user_ridge, np.finfo(np.float64).tiny)
        folded: Floats = (totals / mass).astype(np.float32)
        return folded

    def residuals(self, stars: CSR, of_rows: Floats, of_columns: Floats) -> CSR:
        """Return stars minus μ and the biases of their rows and columns."""
        biases = np.float32(self.mean) + np.repeat(of_rows, stars.counts) + of_columns[stars.indices]
        return stars._replace(values=stars.values - biases)

    def estimates(self, user: Floats, items: NDArray[np.int32] | None = None) -> Floats:
        """Return μ + b_u + b_i of every shopper and item, (shoppers, items), given the shoppers' b_u."""
        item = self.item if items is None else self.item[items]
        estimates: Floats = np.float32(self.mean) + user[:, None] + item[None, :]
        return estimates

    def of_pairs(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> Floats:
        """Return μ + b_u + b_i of pairs, (pairs,)."""
        estimates: Floats = np.float32(self.mean) + self.user[users] + self.item[items]
        return estimates


class BiasModel:
    """What the models share that keep the biases of users and items; a class lists it before `Recommender`."""

    biases_: Biases
    scale_: Scale

    @property
    def scale(self) -> tuple[float, float]:
        """The worst and the best rating in the training data."""
        return self.scale_.ends

    @property
    def users_count(self) -> int:
        """The number of users in the training data."""
        return len(self.biases_.user)

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return len(self.biases_.item)

    def arrays(self) -> dict[str, Array]:
        """Return the biases and the scale."""
        return {"user_bias": self.biases_.user, "item_bias": self.biases_.item, "scale": self.scale_.array()}

    def _restore_biases(self, arrays: Mapping[str, Array], user_ridge: float) -> None:
        """Take over the biases and the scale."""
        self.scale_ = Scale.from_array(arrays["scale"])
        self.biases_ = Biases(self.scale_.mean, arrays["user_bias"], arrays["item_bias"], user_ridge)
