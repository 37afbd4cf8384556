"""Frequently bought together: items that share a basket, by probability, lift or surprise.

The measures are the confidence and lift of association rules (Agrawal, Imieliński and Swami, "Mining Association Rules
between Sets of Items in Large Databases", 1993; Brin et al., 1997) and the log-likelihood ratio of Dunning (1993).
The formulas are in `kernels.partners_numpy`.
"""

from typing import Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.kernels.partners_numpy import LIFT, LLR, SUM, Partners, Places, Value
from aisle.prepare.interactions import EventLog, Interactions
from aisle.recommenders.abilities import Explains, FoldsIn, HasSupport
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.query import QueryBatch, Ranked
from aisle.recommenders.ranges import AtLeastOne, Decay, Neighbours
from aisle.recommenders.reach import Reach, reach
from aisle.recommenders.recency import RanksTheRest, popular_rest, recent_rows
from aisle.recommenders.sparse import entries_of, support_of
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY

Floats = NDArray[np.float32]

FORMULAS: Final = {"probability": SUM, "lift": LIFT, "llr": LLR}
"""The formula of `kernels.partners_numpy` behind each measure."""


class CoPurchaseConfig(Config, frozen=True):
    """Which pairs count, and how much."""

    measure: Literal["probability", "lift", "llr"] = "llr"
    """`probability`: the share of a's baskets that hold b. `lift`: how many times more often than by chance; favours
    rare pairs. `llr`: how surprising the pair is, by the log-likelihood ratio; favours pairs with much evidence."""
    min_support: AtLeastOne = 2
    """A pair in fewer baskets is ignored as an accident."""
    neighbours: Neighbours = 100
    """The number of partners that are kept of each item."""
    decay: Decay = 0.8
    """The weight of an item of the cart, as a share of the weight of the item that was put in after it."""


class CoPurchase(RanksTheRest, FoldsIn, Explains, HasSupport, Recommender[CoPurchaseConfig]):
    """What was bought in the same baskets as the items of a cart.

    A basket is a transaction; purchases without one share a basket if they are of one shopper and one day (UTC), and
    purchases with neither transaction nor shopper are ignored. A basket counts an item once, whatever the quantity.
    The score of an item is the sum of its links from the history, the last items counting more. Items without a link
    come last, in the order of their popularity, and a query without a positive weight has scores of NaN.
    """

    name = "co_purchase"

    links_: CSR
    """The partners of each item, best first."""
    baskets_: NDArray[np.int32]
    """The number of baskets with each linked pair, (entries,)."""
    buyers_: NDArray[np.int32]
    """The number of shoppers who bought each pair; a basket without a shopper counts as one, (entries,)."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Count the pairs of every basket.

        Raises
        ------
        NotEnoughData
            If nothing was bought.
        """
        from aisle.kernels.partners import partners

        config, items = self.config, len(data.items)
        places, baskets = _places(data.votes)
        counts = np.bincount(places.items, minlength=items)
        value = Value(FORMULAS[config.measure], np.ones(1), counts, baskets, config.min_support, repeats=False)
        return self.adopt(partners(places, value, config.neighbours), counts)

    def adopt(self, partners: Partners, counts: NDArray[np.int64]) -> Self:
        """Take over partners, wherever they were counted.

        Parameters
        ----------
        partners
            Valued by the formula of the measure.
        counts
            The number of baskets with each item, (items,).
        """
        links = partners.links
        if self.config.measure == "probability":
            links = links._replace(values=(links.values / counts[links.rows]).astype(np.float32))
        self.links_, self.baskets_, self.buyers_ = links, partners.times, partners.owners
        self.rest_ = popular_rest(counts)
        return self

    def _reached(self, queries: QueryBatch) -> Reach:
        """Return sums of links."""
        history = recent_rows(queries, self.config.decay)
        return reach(queries, history, self.links_)

    def partners(self, items: NDArray[np.int32], n: int, min_buyers: int = 1) -> Ranked:
        """Return what was bought together with each item, with empty places where that is less than n.

        The number of buyers that a pair needs is a parameter here and no setting of the model: a shelf that says
        "bought together" needs pairs of several people, while the model as a source of candidates is better with all.

        Parameters
        ----------
        items
            Item numbers, (queries,).
        n
            The number of partners of each.
        min_buyers
            A pair counts if at least this many different shoppers bought it.

        Returns
        -------
        Ranked
            Scores are the links; a list may be empty.
        """
        ranked = Ranked(np.full((len(items), n), -1, np.int32), np.full((len(items), n), np.nan, np.float32))
        for row, item in enumerate(items.tolist()):
            links = np.arange(*self.links_.indptr[item : item + 2])
            best = links[self.buyers_[links] >= min_buyers][:n]
            ranked.items[row, : len(best)] = self.links_.indices[best]
            ranked.scores[row, : len(best)] = self.links_.values[best]
        return ranked

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,)."""
        history = recent_rows(queries.single(query), self.config.decay)
        return history.values * entries_of(self.links_, history.indices, item)

    def support(self, earlier: int, item: int) -> int:
        """Return how many shoppers bought two items together."""
        return support_of(self.links_, self.buyers_, earlier, item)


def _places(log: EventLog) -> tuple[Places, int]:
    """Return the items of all baskets, each item once per basket, and the number of baskets."""
    bought = (log.kind == KIND_CODES[EventKind.PURCHASE]) & ((log.basket != UNKNOWN) | (log.user != UNKNOWN))
    if not bought.any():
        raise NotEnoughData("nothing was bought in these events; import orders to learn what is bought together")
    basket, item, user = _baskets(log)[bought], log.item[bought], log.user[bought]
    order = np.lexsort((item, basket))
    basket, item, user = basket[order], item[order], user[order]
    once = np.append(True, (np.diff(basket) != 0) | (np.diff(item) != 0))
    basket, item, user = basket[once], item[once], user[once]
    sizes = np.unique(basket, return_counts=True)[1]
    ends = np.cumsum(sizes)
    # A basket without a shopper is an owner of its own.
    stranger = user.max() + 1 + np.repeat(np.arange(len(sizes)), sizes)
    owner = np.where(user != UNKNOWN, user, stranger).astype(np.int32)
    return Places(item, np.repeat(ends - sizes, sizes), np.repeat(ends, sizes), owner), len(sizes)


def _baskets(log: EventLog) -> NDArray[np.int64]:
    """Return the basket of each event: its transaction, otherwise its shopper's day."""
    day = log.timestamp // DAY
    day -= day.min(initial=0)
    shopping_day = log.basket.max(initial=UNKNOWN) + 1 + log.user * (day.max(initial=0) + 1) + day
    return np.where(log.basket != UNKNOWN, log.basket, shopping_day)
