"""The interface of every recommender: fit, score, retrieve, and the arrays that a bundle keeps."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.recommenders.topn import rank_in_blocks
from aisle.shop.errors import SettingsError

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


class Component(Protocol):
    """Anything learnt that a bundle keeps: a recommender, a ranker, what is known of items."""

    name: ClassVar[str]
    config_type: ClassVar[type[Config]]

    @property
    def config(self) -> Config:
        """The settings that it was made with."""

    def arrays(self) -> dict[str, Array]:
        """Return everything learnt, as a bundle stores it."""

    @classmethod
    def from_arrays(cls, config: Any, arrays: Mapping[str, Array]) -> Self:
        """Rebuild it, bit for bit, without copying the arrays."""


class Recommender(ABC, Generic[C]):
    """A model of what shoppers want next.

    A query carries its history, so scoring never needs the training set, and a shopper unknown at training time is
    scored like any other.
    """

    name: ClassVar[str]
    """What it is called in `aisle.toml` and on the command line."""
    config_type: ClassVar[type[Config]]

    def __init__(self, config: C) -> None:
        self.config: C = config

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
