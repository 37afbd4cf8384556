"""The interface of every recommender: fit, score, retrieve, and the arrays that a bundle keeps."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.recommenders.topn import rank_in_blocks
from aisle.shop.errors import InputError, SettingsError

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

Array = NDArray[Any]


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recommender's settings: frozen, checked when made, and the same after a trip through JSON."""

    def __post_init__(self) -> None:
        for field in msgspec.structs.fields(type(self)):
            value = getattr(self, field.name)
            try:
                msgspec.convert(value, field.type)
            except msgspec.ValidationError as error:
                raise SettingsError(f"{field.name} = {value!r} is out of range: {error}") from None

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Make a configuration of plain values.

        Raises
        ------
        SettingsError
            If a name is unknown or a value is out of range.
        """
        try:
            return msgspec.convert(dict(values), cls)
        except msgspec.ValidationError as error:
            raise SettingsError(f"{cls.__name__}: {error}") from None

    def plain(self) -> dict[str, Any]:
        """Return the settings as JSON knows them."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


C = TypeVar("C", bound=Config)


class Recommender(ABC, Generic[C]):
    """A model of what shoppers want next.

    A query carries its history, so scoring never needs the training set, and a shopper unknown at training time is
    scored like any other.
    """

    name: ClassVar[str]
    """What it is called in `aisle.toml` and on the command line."""
    config_type: ClassVar[type[Config]]

    def __init__(self, config: C) -> None:
        self.config = config

    @abstractmethod
    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Learn from the data, forgetting whatever was learnt before; equal data and seed give equal arrays."""

    @abstractmethod
    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return scores (queries, items), of the given items or of all; NaN where the model cannot say."""

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, without the excluded ones."""
        return rank_in_blocks(self.score, queries, n, exclude, self.items_count)

    @property
    @abstractmethod
    def items_count(self) -> int:
        """How many items the model knows."""

    @abstractmethod
    def arrays(self) -> dict[str, Array]:
        """Return everything learnt, as a bundle stores it."""

    @classmethod
    @abstractmethod
    def from_arrays(cls, config: C, arrays: Mapping[str, Array]) -> Self:
        """Rebuild a fitted model, bit for bit, without copying the arrays."""


class FoldsIn:
    """Ability: personal scores for a shopper it never saw, from the history alone."""


class HasItemVectors(ABC):
    """Ability: scores are inner products of query and item vectors."""

    @property
    @abstractmethod
    def item_vectors(self) -> NDArray[np.float32]:
        """Vectors (items, factors) float32, C-contiguous."""

    @abstractmethod
    def query_vectors(self, queries: QueryBatch) -> NDArray[np.float32]:
        """Return vectors (queries, factors) float32, C-contiguous."""


class PredictsRatings(ABC):
    """Ability: scores are stars on the shop's own scale.

    They are not held within the scale, so that the best stay apart; `stars` does that, for whoever shows them. The item
    with the most predicted stars is rarely the one that a shopper takes next: such a model ranks worse than one that
    learns what shoppers do.
    """

    @property
    @abstractmethod
    def scale(self) -> tuple[float, float]:
        """The worst and the best rating that the model has learnt from."""

    @property
    @abstractmethod
    def users_count(self) -> int:
        """How many users the model was trained on."""

    @property
    @abstractmethod
    def items_count(self) -> int:
        """How many items the model knows."""

    def stars(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Hold scores within the scale."""
        return np.clip(scores, *self.scale)

    def predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the predicted stars of pairs, (pairs,), within the scale, for users as the training left them.

        It asks nothing of their history, and is the quick way for many pairs of known users; `score` answers for
        everybody.

        Parameters
        ----------
        users, items
            Numbers of the training data, (pairs,).

        Raises
        ------
        InputError
            If a number is not of the training data.
        """
        for what, numbers, count in (("user", users, self.users_count), ("item", items, self.items_count)):
            strange = numbers[(numbers < 0) | (numbers >= count)]
            if len(strange):
                raise InputError(f"{what} {strange[0]} was not in the training data; score a query instead")
        return self.stars(self._predict(users, items))

    @abstractmethod
    def _predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the predicted stars of pairs, not yet held within the scale."""


class Explains(ABC):
    """Ability: says which items of the history speak for a recommendation."""

    @abstractmethod
    def explain(self, queries: QueryBatch, query: int, item: int) -> NDArray[np.float32]:
        """Return what each entry of one query's history adds to the score of one item."""
