"""The smallest recommender there is: every shopper gets the items in the order of one learnt number each."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aisle.models.bundle import Bundle, Manifest
from aisle.prepare.interactions import Interactions
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.shop.errors import SettingsError
from aisle.shop.ids import Vocabulary


class TinyConfig(Config, frozen=True, kw_only=True):
    factor: float = 2.0


class Tiny(Recommender[TinyConfig]):
    name = "tiny"
    learnt: Mapping[str, Array]

    def fit(self, data: Interactions, *, seed: int) -> Self:
        self.learnt = {"values": np.arange(data.shape[1], dtype=np.float32)}
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        return np.tile(self.learnt["values"], (len(queries), 1))

    @property
    def items_count(self) -> int:
        return len(self.learnt["values"])

    def arrays(self) -> dict[str, Array]:
        return dict(self.learnt)

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.learnt = {"values": arrays["values"]} | dict(arrays)


def tiny_by_name(name: str) -> type[Recommender[Any]]:
    if name != Tiny.name:
        raise SettingsError(f"there is no model {name!r}")
    return Tiny


def tiny(**arrays: Array) -> Tiny:
    return Tiny.from_arrays(TinyConfig(factor=3.5), {"values": np.arange(3, dtype=np.float32)} | arrays)


def bundle_of(*roles: str, **arrays: Array) -> Bundle:
    manifest = Manifest(window=(1, 2), recipe={"model": "tiny"}, metrics={"recall@20": 0.25})
    items = Vocabulary(["a", "b ", "ü"])
    return Bundle(manifest, items, {role: tiny(**arrays) for role in roles or ("personal",)})
