"""How well each placement does on the held-out weeks, with its shelves as of their beginning.

The ground truth of a shopper's shelf is the items of all target events (such as purchases) in these weeks. For the
shelf of an item's page and that of a cart, it comes from baskets: the page shows the first item of a basket, and the
other items are the truth; the cart holds all items of a basket but the last, which is the truth. The rules of
placements and the catalogue are ignored, as pins and stock are those of today, but for the shares of what a shopper
knows.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import tee
from typing import Final, NamedTuple

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.app.progress import Progress, silent
from aisle.engine.model import TrainedModel
from aisle.engine.placement import NO_RULES, Placement, place
from aisle.engine.proposals import Ints
from aisle.engine.query import NoCatalogue, ShelfQuery
from aisle.engine.request import ShelfRequest
from aisle.engine.shelf.rules import Rules
from aisle.engine.vocabulary import RequestVocabulary
from aisle.evaluation.bootstrap import Interval
from aisle.evaluation.compare import compare
from aisle.evaluation.holdout import Holdout
from aisle.evaluation.queries import query_batch
from aisle.metrics import ranking
from aisle.prepare.build import build
from aisle.prepare.weigh import Weights
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.shop.columns import AVAILABLE_FROM, TIMESTAMP
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import KIND_CODES
from aisle.shop.ids import UNKNOWN

SHELVES: Final = 200
"""So many shelves of each placement are measured, for random shoppers: at most half of those of the held-out weeks."""

LENGTH: Final = 10
"""How long the shelves are."""

ITEMS: Final = 500
"""So many of the shop's items are asked for what goes with them, at random."""


class PlacementFigures(msgspec.Struct, frozen=True):
    """The figures of one placement's shelves.

    Attributes
    ----------
    questions
        How many shelves were measured.
    kept
        The share of shelves that the strategy itself filled; the others are fallbacks.
    hit_rate, ndcg
        The means over the shelves, for the first ten places.
    items
        The share of the shop's items for which the strategy itself finds something; None for a shelf that is not about
        an item.
    """

    placement: str
    strategy: str
    questions: int
    kept: float
    hit_rate: float
    ndcg: float
    items: float | None = None


class ShareCost(msgspec.Struct, frozen=True):
    """What the shares of what a shopper knows cost the shelves of a placement.

    Attributes
    ----------
    placement
        Its name.
    seen_share, repeat_share
        The shares; one that is left to training is the share that it learnt.
    without, ndcg
        The mean NDCG without the shares and with them.
    difference
        By how much the NDCG of a shopper's shelf is higher with them, with its interval.
    """

    placement: str
    seen_share: float
    repeat_share: float
    without: float
    ndcg: float
    difference: Interval

    @property
    def cost(self) -> Interval:
        """The share of NDCG that is lost, with its interval; negative if the shelves are better for it."""
        lost = self.difference
        return Interval(*(0.0 - change / (self.without or np.inf) for change in (lost.value, lost.high, lost.low)))


class PlacementReport(NamedTuple):
    """The figures of all placements, and what their shares cost."""

    figures: list[PlacementFigures]
    shares: list[ShareCost]
    least_repeat_share: float = 0.0
    """The least share of places for repeats, where the rules leave it to training."""


class Cases(NamedTuple):
    """Requests for shelves in the held-out weeks, and their ground truth."""

    shoppers: QueryBatch
    pages: Ints
    """The item of each page, or `UNKNOWN`, (cases,)."""
    carts: ItemLists
    truth: ItemLists
    user_ids: tuple[str, ...] = ()
    """Whose they are, where that is known, (cases,)."""


def placement_report(
    placements: Mapping[str, Placement],
    model: TrainedModel,
    holdout: Holdout,
    events: pl.DataFrame,
    seed: int,
    progress: Progress = silent,
) -> PlacementReport:
    """Fill shelves of every placement and compare them with the ground truth.

    Parameters
    ----------
    model
        A model of the data before the held-out weeks.
    events
        The log, with the events of these weeks.
    seed
        Seed of the sample of shoppers.

    Returns
    -------
    PlacementReport
        In the order of the placements; in a shop without baskets, those of a page or a cart are missing.
    """
    draw = np.random.default_rng(seed)
    of_shoppers = _of_shoppers(holdout, draw)
    of_pages, of_carts = basket_cases(holdout, events, model.weights, draw)
    cases = {"shopper": of_shoppers, "item": of_pages, "cart": of_carts}
    some_items = draw.permutation(len(model.items))[:ITEMS].astype(np.int32)
    catalogue = NoCatalogue(RequestVocabulary(model.items), newest_of(holdout))
    report = PlacementReport([], [])
    for number, placement in enumerate(placements.values()):
        progress("score placements", number, len(placements))
        of_placement = cases[placement.strategy.about]
        if of_placement is not None:
            of_items = _works_for(placement, model, catalogue, of_placement.shoppers, some_items)
            _measure(placement, model, catalogue, of_placement, of_items, report)
    return report


def _works_for(
    placement: Placement, model: TrainedModel, catalogue: NoCatalogue, shoppers: QueryBatch, items: Ints
) -> float | None:
    """Return for which share of the items a placement's own strategy finds something; None if it is not about items."""
    if placement.strategy.about != "item":
        return None
    cases = _of_items(shoppers, items)
    queries = (query_of_case(cases, row, model, catalogue, placement) for row in range(len(items)))
    return float(np.mean([next(placement.strategy.propose(query)).fallback is None for query in queries]))


def _measure(
    placement: Placement,
    model: TrainedModel,
    catalogue: NoCatalogue,
    cases: Cases,
    of_items: float | None,
    report: PlacementReport,
) -> None:
    """Enter the figures of one placement in a report, and the cost of its shares if it has any."""
    shares = Rules(seen_share=placement.rules.seen_share, repeat_share=placement.rules.repeat_share)
    with_shares = replace(placement, rules=shares)
    shown, without = (np.full((len(cases.shoppers), LENGTH), -1, np.int32) for _ in range(2))
    kept = 0
    for row in range(len(shown)):
        query = query_of_case(cases, row, model, catalogue, with_shares)
        # A strategy's fallbacks are worked out only where a shelf needs them, as when a shopper asks.
        proposals, again = tee(placement.strategy.propose(query))
        shelf = place(with_shares, query, proposals)
        kept += shelf.proposal.fallback is None
        shown[row, : len(shelf.items)] = shelf.items
        if shares != NO_RULES:
            free = place(replace(placement, rules=NO_RULES), query, again).items
            without[row, : len(free)] = free
    hits = ranking.find_hits(shown, cases.truth.indptr, cases.truth.items)
    of_each = ranking.ndcg(hits, LENGTH)
    ndcg = ranking.mean(of_each)
    report.figures.append(
        PlacementFigures(
            placement=placement.name,
            strategy=placement.strategy.name,
            questions=len(shown),
            kept=kept / len(shown),
            hit_rate=ranking.mean(ranking.hit_rate(hits, LENGTH)),
            ndcg=ndcg,
            items=of_items,
        )
    )
    if shares != NO_RULES:
        free_hits = ranking.find_hits(without, cases.truth.indptr, cases.truth.items)
        learnt = 1.0 if model.rebuying is None else model.rebuying.allowed
        repeats = learnt if shares.repeat_share == "auto" else shares.repeat_share
        before = ranking.ndcg(free_hits, LENGTH)
        difference = compare(before, of_each, seed=0).difference
        report.shares.append(
            ShareCost(placement.name, shares.seen_share, repeats, ranking.mean(before), ndcg, difference)
        )


def query_of_case(
    cases: Cases, row: int, model: TrainedModel, catalogue: NoCatalogue, placement: Placement
) -> ShelfQuery:
    """Return one of the requests."""
    page, cart = cases.pages[row], cases.carts.slice(row, row + 1).items
    request = ShelfRequest(
        placement=placement.name,
        item_id=None if page == UNKNOWN else model.items.ids[page],
        cart=tuple(model.items.ids[item] for item in cart.tolist()),
        n=LENGTH,
    )
    return ShelfQuery.of_shoppers(request, cases.shoppers.single(row), model, catalogue, placement.objective)[0]


# --- Cases ------------------------------------------------------------------------------------------------------------


def shown_and_spared(holdout: Holdout, draw: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the random shoppers of the held-out weeks whose shelves are measured, and all others, in random order."""
    rows = draw.permutation(len(holdout))
    shown = min(SHELVES, (len(rows) + 1) // 2)
    return np.sort(rows[:shown]), rows[shown:]


def _of_shoppers(holdout: Holdout, draw: np.random.Generator) -> Cases:
    """Return requests of random shoppers with a target event in the held-out weeks."""
    rows = shown_and_spared(holdout, draw)[0]
    return Cases(holdout.queries.take(rows), _no_page(len(rows)), _no_cart(len(rows)), holdout.truth.take(rows))


def _of_items(shoppers: QueryBatch, items: Ints) -> Cases:
    """Return a request for the page of each item; whoever asks is one shopper, as such a page shows all the same."""
    nobody = np.zeros(len(items), np.int64)
    nothing = ItemLists(np.zeros(len(items) + 1, np.int64), np.zeros(0, np.int32))
    return Cases(shoppers.take(nobody), items, _no_cart(len(items)), nothing)


def basket_cases(
    holdout: Holdout, events: pl.DataFrame, weights: Weights, draw: np.random.Generator
) -> tuple[Cases | None, Cases | None]:
    """Return requests for pages and for carts, from one basket of each shopper; None if there are no baskets."""
    window, items = holdout.window, holdout.train.items
    inside = events.filter(pl.col(TIMESTAMP) >= window.cut, pl.col(TIMESTAMP) < window.end)
    try:
        future = build(inside, weights, window.end, items=items)
    except NotEnoughData:
        return None, None
    log = future.log
    in_basket = (log.kind == KIND_CODES[holdout.target]) & (log.user != UNKNOWN) & (log.basket != UNKNOWN)
    # In the order of the log: the first and the last item of a basket are those of its first and last event.
    lines = pl.DataFrame({"user": log.user[in_basket], "basket": log.basket[in_basket], "item": log.item[in_basket]})
    baskets = lines.unique(maintain_order=True).group_by("user", "basket", maintain_order=True).agg("item")
    baskets = baskets.filter(pl.col("item").list.len() > 1)
    sample = baskets[draw.permutation(baskets.height)].unique("user", keep="first", maintain_order=True).head(SHELVES)
    if sample.height == 0:
        return None, None
    basket = pl.col("item").list
    parts = sample.select(
        "user", page=basket.first(), rest=basket.slice(1), cart=basket.head(basket.len() - 1), last=basket.tail(1)
    )
    ids = [future.users.ids[user] for user in parts["user"]]
    shoppers = query_batch(holdout.train, holdout.train.users.numbers(ids))
    pages = Cases(shoppers, parts["page"].to_numpy(), _no_cart(len(ids)), _lists(parts["rest"]), tuple(ids))
    return pages, Cases(shoppers, _no_page(len(ids)), _lists(parts["cart"]), _lists(parts["last"]), tuple(ids))


def _lists(items: pl.Series) -> ItemLists:
    return ItemLists(np.append(0, items.list.len().cast(pl.Int64).cum_sum().to_numpy()), items.explode().to_numpy())


def _no_page(cases: int) -> Ints:
    return np.full(cases, UNKNOWN, np.int32)


def _no_cart(cases: int) -> ItemLists:
    return ItemLists(np.zeros(cases + 1, np.int64), np.zeros(0, np.int32))


def newest_of(holdout: Holdout) -> Ints:
    """Return the items that are new in the catalogue when the weeks begin, newest first."""
    catalogue = holdout.train.catalogue
    if catalogue is None:
        return np.zeros(0, np.int32)
    available = (
        catalogue.select(AVAILABLE_FROM).with_row_index("number").filter(pl.col(AVAILABLE_FROM) < holdout.window.cut)
    )
    return available.sort(AVAILABLE_FROM, "number", descending=(True, False))["number"].cast(pl.Int32).to_numpy()
