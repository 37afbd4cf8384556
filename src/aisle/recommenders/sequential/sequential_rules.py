"""What comes next: rules from an item to those that followed it within a few steps.

The sequential rules of Kamehkhosh, Jannach and Ludewig, "A Comparison of Frequent Pattern Techniques and a Deep
Learning Method for Session-Based Recommendation" (2017), with any power of the distance, and applied to several last
items instead of one.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.kernels.partners_numpy import SUM, Places, Value
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import Explains, FoldsIn, HasSupport
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ranges import AtLeastOne, Decay, Neighbours, NotNegative, Share
from aisle.recommenders.reach import Reach, reach
from aisle.recommenders.recency import RanksTheRest, popular_rest, recent_rows
from aisle.recommenders.sequential.sequences import By, Sequences, to_sequences
from aisle.recommenders.sparse import entries_of, support_of

Floats = NDArray[np.float32]


class SequentialRulesConfig(Config, frozen=True):
    """Which pairs make a rule, and how strong the rule is."""

    by: By = "user"
    """Whose events make a sequence; those without a user or session fall back to the other."""
    window: AtLeastOne = 10
    """The maximum number of steps between two items."""
    distance_power: NotNegative = 1.0
    """A pair d steps apart counts 1 / d to this power."""
    confidence: Share = 0.5
    """A rule is divided by the sum of its item's rules to this power: 0 keeps the sums, 1 turns them into shares."""
    repeats: bool = False
    """Whether an item may follow itself; true where shoppers often open the same page again."""
    min_support: AtLeastOne = 2
    """A pair of fewer sequences makes no rule: what one shopper did is an accident."""
    neighbours: Neighbours = 1000
    """The number of rules that are kept of each item."""
    decay: Decay = 0.5
    """The weight of an item of the history, as a share of the weight of the next item."""


class SequentialRules(RanksTheRest, FoldsIn, Explains, HasSupport, Recommender[SequentialRulesConfig]):
    """Sums of rules from the items of a history, the last ones counting most.

    Events that speak against an item make no rules. Items without a rule from the history come last, in the order of
    their popularity, and a query without a positive weight has scores of NaN.
    """

    name = "sequential_rules"

    links_: CSR
    """What follows each item, strongest first."""
    followed_: NDArray[np.int32] | None = None
    """How many sequences made each rule, (entries,); None in a bundle of an earlier version."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Count which items follow which."""
        from aisle.kernels.partners import partners

        config, items = self.config, len(data.items)
        sequences = to_sequences(data.votes, config.by, config.repeats)
        places = _places(sequences, config.window)
        steps = np.arange(1.0, min(config.window, max(1, len(sequences.items))) + 1)
        fading = steps**-config.distance_power
        counts = np.zeros(items, np.int64)
        value = Value(SUM, fading, counts, 0, 1, config.repeats, min_owners=config.min_support)
        links, _, self.followed_ = partners(places, value, config.neighbours)
        totals = np.bincount(links.rows, links.values, minlength=items)
        self.links_ = links._replace(values=(links.values / totals[links.rows] ** config.confidence).astype(np.float32))
        self.rest_ = popular_rest(np.bincount(sequences.items, minlength=items))
        return self

    def _reached(self, queries: QueryBatch) -> Reach:
        """Return sums of rules."""
        history = recent_rows(queries, self.config.decay)
        return reach(queries, history, self.links_)

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,)."""
        history = recent_rows(queries.single(query), self.config.decay)
        return history.values * entries_of(self.links_, history.indices, item)

    def support(self, earlier: int, item: int) -> int:
        """Return in how many sequences an item followed another; 0 if a bundle does not say."""
        return 0 if self.followed_ is None else support_of(self.links_, self.followed_, earlier, item)


def _places(sequences: Sequences, window: int) -> Places:
    """Return the sequences as places, each of which is counted with the next few places of its sequence."""
    items, sizes = sequences.items, np.diff(sequences.indptr)
    first = np.arange(1, len(items) + 1)
    last = np.minimum(first + min(window, len(items)), np.repeat(sequences.indptr[1:], sizes))
    owner = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    return Places(items, first, last, owner)
