"""What comes next: rules from an item to those that followed it within a few steps.

The sequential rules of Kamehkhosh, Jannach and Ludewig, "A Comparison of Frequent Pattern Techniques and a Deep
Learning Method for Session-Based Recommendation" (2017), with any power of the distance, asked by several last items.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.kernels.partners_numpy import SUM, Places, Value
from aisle.recommenders.abilities import Explains, FoldsIn
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.recency import Decay, Neighbours, completed, popular_rest, recent_rows
from aisle.recommenders.sequential.sequences import By, Sequences, sequences
from aisle.recommenders.sparse import entries_of, products

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

Floats = NDArray[np.float32]


class SequentialRulesConfig(Config, frozen=True):
    """Which pairs make a rule, and how strong it is."""

    by: By = "user"
    """Whose events make a sequence; those without a user or session fall back to the other."""
    window: Annotated[int, msgspec.Meta(ge=1)] = 10
    """How many steps apart two items may be."""
    distance_power: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    """A pair d steps apart counts 1 / d to this power."""
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    """A rule is divided by the sum of its item's rules to this power: 0 keeps sums, 1 makes shares of them."""
    repeats: bool = False
    """Whether an item may follow itself: true where the page opened next is often the one before."""
    min_support: Annotated[int, msgspec.Meta(ge=1)] = 1
    """A pair that was seen less often makes no rule."""
    neighbours: Neighbours = 1000
    """How many rules are kept of each item."""
    decay: Decay = 0.5
    """An item of the history counts so many times what the next one counts."""


class SequentialRules(Recommender[SequentialRulesConfig], FoldsIn, Explains):
    """Sums of rules from the items of a history, the last ones counting most.

    Events that speak against an item make no rules. Items that nothing leads to come last, in the order of their
    popularity, and a query that likes nothing has scores of NaN.
    """

    name = "sequential_rules"
    config_type: ClassVar[type[Config]] = SequentialRulesConfig

    links_: CSR
    """What follows each item, strongest first."""
    rest_: Floats
    """The scores of items that nothing leads to, (items,)."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Count what follows what."""
        from aisle.kernels.partners import partners

        config, items = self.config, len(data.items)
        found = sequences(data.log, config.by, config.repeats)
        places = _places(found, config.window)
        steps = np.arange(1.0, min(config.window, max(1, len(found.items))) + 1)
        fading = steps**-config.distance_power
        value = Value(SUM, fading, np.zeros(items, np.int64), 0, config.min_support, config.repeats)
        links = partners(places, value, config.neighbours).links
        totals = np.bincount(links.rows, links.values, minlength=items)
        self.links_ = links._replace(values=(links.values / totals[links.rows] ** config.confidence).astype(np.float32))
        self.rest_ = popular_rest(np.bincount(found.items, minlength=items))
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return sums of rules; NaN for a query that likes nothing."""
        history = recent_rows(queries, self.config.decay)
        return completed(products(history, self.links_, self.items_count), history, self.rest_, items)

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,)."""
        history = recent_rows(queries.slice(query, query + 1), self.config.decay)
        return history.values * entries_of(self.links_, history.indices, item)

    @property
    def items_count(self) -> int:
        """How many items the model knows."""
        return len(self.rest_)

    def arrays(self) -> dict[str, Array]:
        """Return the rules and the order of the rest."""
        return {**self.links_._asdict(), "rest": self.rest_}

    @classmethod
    def from_arrays(cls, config: SequentialRulesConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its arrays."""
        model = cls(config)
        model.links_ = CSR(*(np.asarray(arrays[name]) for name in CSR._fields))
        model.rest_ = np.asarray(arrays["rest"])
        return model


def _places(found: Sequences, window: int) -> Places:
    """Return the sequences as places, each counted with the next few of its sequence."""
    sizes = np.diff(found.indptr)
    first = np.arange(1, len(found.items) + 1)
    last = np.minimum(first + min(window, len(found.items)), np.repeat(found.indptr[1:], sizes))
    owner = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    return Places(found.items, first, last, owner)
