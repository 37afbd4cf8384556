"""The interface of every recommender: fit, score, retrieve, and the arrays that a bundle keeps."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from itertools import chain
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import Interactions
from aisle.recommenders.learnt import arrays_of, restore
from aisle.recommenders.query import ItemLists, Listing, QueryBatch, Ranked, Scores
from aisle.recommenders.topn import rank_in_blocks, topn_positive
from aisle.shop.errors import SettingsError

Array = NDArray[Any]


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recommender's settings: immutable, checked on creation, and equal after a round trip through JSON."""

    def __post_init__(self) -> None:
        for field in msgspec.structs.fields(type(self)):
            value = getattr(self, field.name)
            try:
                msgspec.convert(value, field.type)
            except msgspec.ValidationError as error:
                raise SettingsError(f"{field.name} = {value!r} is out of range: {error}") from None

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Return the configuration with these values.

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
        """Return the settings as JSON types."""
        settings: dict[str, Any] = msgspec.to_builtins(self)
        return settings


class NoSettings(Config, frozen=True):
    """There is nothing to set."""


C = TypeVar("C", bound=Config)


class Component(Generic[C]):
    """Anything learnt that a bundle stores: a recommender, a ranker, the state of the items.

    What is learnt is in annotated attributes, as `recommenders.learnt` says.
    """

    name: ClassVar[str]
    """Its name in `aisle.toml` and on the command line."""
    config_type: ClassVar[type[Config]]
    """The class of its settings: the one in `Component[…]` or `Recommender[…]`."""

    def __init_subclass__(cls) -> None:
        for argument in chain.from_iterable(map(get_args, cls.__dict__.get("__orig_bases__", ()))):
            if isinstance(argument, type) and issubclass(argument, Config):
                cls.config_type = argument

    def __init__(self, config: C) -> None:
        self.config: C = config

    def arrays(self) -> dict[str, Array]:
        """Return everything learnt, as a bundle stores it."""
        return arrays_of(self)

    @classmethod
    def from_arrays(cls, config: C, arrays: Mapping[str, Array]) -> Self:
        """Rebuild it, bit for bit, without copying the arrays."""
        component = cls(config)
        component.restore(arrays)
        return component

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        restore(self, arrays)


class Retrieves(Protocol):
    """Whatever answers queries with ranked items: a recommender, or several in two stages."""

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, without the excluded ones."""


class Recommender(Component[C], ABC):
    """A model of what shoppers want next.

    A query carries its history, so scoring never needs the training data, and a shopper unknown at training time is
    scored like any other.
    """

    @abstractmethod
    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Learn from the data and forget what was learnt before; equal data and seed give equal arrays.

        Raises
        ------
        NotEnoughData
            If nobody likes anything, or nobody has rated anything where stars are learnt.
        InputError
            If a weight is not a finite number.
        """

    @abstractmethod
    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return scores (queries, items), of the given items or of all; NaN where the model has no score."""

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, without the excluded ones."""
        return rank_in_blocks(self.score, queries, n, exclude, self.items_count)

    def scores(self, queries: QueryBatch, n: int) -> Scores:
        """Return the n best items of each query with a score above 0, and the scores of any others."""
        scores = self.score(queries)
        return Scores(topn_positive(scores, n), lambda query, item: scores[query, item])

    def listing(self, query: QueryBatch, n: int) -> Listing:
        """Return what `scores` does of a single query, of which n items may be proposed."""
        return Listing(self.score(query)[0])

    @property
    @abstractmethod
    def items_count(self) -> int:
        """The number of items that the model knows."""
