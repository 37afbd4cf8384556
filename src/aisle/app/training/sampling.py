"""Samples shelves of held-out shoppers for the preview of rules, in the way that shelves are filled."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.app.serving.batch import BatchJob, proposals_for
from aisle.app.training.placement_report import Cases, basket_cases, newest_of, query_of_case
from aisle.engine.model import TrainedModel
from aisle.engine.placement import REACHES, Placement
from aisle.engine.proposals import Ints, Proposal
from aisle.engine.query import NoCatalogue, ShelfQuery
from aisle.engine.ranking.candidates import MAX_CANDIDATES
from aisle.engine.request import ShelfRequest
from aisle.engine.vocabulary import RequestVocabulary
from aisle.evaluation.holdout import Holdout
from aisle.recommenders.base import NoSettings
from aisle.recommenders.query import ItemLists
from aisle.recommenders.second_stage.shelf_sample import NOT_DUE, OWNED, SEEN, SampledShelf, ShelfSample
from aisle.shop.columns import EVENT, ITEM_ID, PRICE, QUANTITY, TIMESTAMP, USER_ID
from aisle.shop.ids import UNKNOWN, Vocabulary, among
from aisle.shop.moments import DAY
from aisle.shop.money import MICROS
from aisle.storage.digest import digest

RANKED: Final = 1000
"""The most shelves of a placement that a model ranks for many shoppers at once."""

OTHERS: Final = 500
"""The most shelves of any other placement."""


class Sampled(NamedTuple):
    """Sampled shelves in the item numbers of a model of the past."""

    shelves: dict[str, list[SampledShelf]]
    popular: Ints
    items: Vocabulary

    def component(self, items: Vocabulary) -> ShelfSample:
        """Return them as a part of the bundle of a model with other item numbers."""
        numbers = items.numbers(self.items.ids)
        shelves = {name: [shelf.renumbered(numbers) for shelf in some] for name, some in self.shelves.items()}
        popular = numbers[self.popular]
        return ShelfSample(NoSettings()).fit(shelves, popular[popular >= 0])


def sample_shelves(
    placements: Mapping[str, Placement], model: TrainedModel, holdout: Holdout, events: pl.DataFrame, seed: int
) -> Sampled:
    """Return what is proposed for shelves of known shoppers when the held-out weeks begin, for every placement.

    Parameters
    ----------
    model
        A model of the data before these weeks.
    events
        The log, with the events of these weeks.
    seed
        Seed of the sample of shoppers.
    """
    draw = np.random.default_rng(seed)
    known = draw.permutation(np.flatnonzero(holdout.users != UNKNOWN))
    of_pages, of_carts = basket_cases(holdout, events, model.weights, draw)
    brought = _brought(holdout, events)
    catalogue = NoCatalogue(RequestVocabulary(model.items), newest_of(holdout))
    shelves: dict[str, list[SampledShelf]] = {}
    for placement in placements.values():
        about = placement.strategy.about
        if about == "shopper":
            rows = np.sort(known[: OTHERS if placement.strategy.model is None else RANKED])
            shelves[placement.name] = _of_shoppers(placement, model, catalogue, holdout, rows, brought)
        elif (cases := of_pages if about == "item" else of_carts) is not None:
            shelves[placement.name] = _of_cases(placement, model, catalogue, cases, brought)
    nobody = ShelfQuery.of_events(ShelfRequest(), [], model, catalogue)
    return Sampled(shelves, nobody.popular(REACHES[-1]), model.items)


def _of_shoppers(
    placement: Placement,
    model: TrainedModel,
    catalogue: NoCatalogue,
    holdout: Holdout,
    rows: NDArray[np.intp],
    brought: dict[tuple[str, int], float],
) -> list[SampledShelf]:
    """Return shelves of shoppers, for whom a model ranks at once."""
    if not len(rows):
        return []
    job = BatchJob(model, placement, ShelfRequest(placement=placement.name))
    shoppers = holdout.queries.take(rows)
    queries = ShelfQuery.of_shoppers(job.request, shoppers, model, catalogue, placement.objective)
    ids = [holdout.train.users.ids[user] for user in holdout.users[rows].tolist()]
    truth = holdout.truth.take(rows)
    return [
        _sampled(query, next((one for one in proposals if len(one.items)), None), user_id, _row(truth, row), brought)
        for row, (query, proposals, user_id) in enumerate(
            zip(queries, proposals_for(job, shoppers, queries), ids, strict=True)
        )
    ]


def _of_cases(
    placement: Placement,
    model: TrainedModel,
    catalogue: NoCatalogue,
    cases: Cases,
    brought: dict[tuple[str, int], float],
) -> list[SampledShelf]:
    """Return shelves of pages or carts."""
    shelves = []
    for row, user_id in enumerate(cases.user_ids):
        query = query_of_case(cases, row, model, catalogue, placement)
        proposal = next((one for one in placement.strategy.propose(query) if len(one.items)), None)
        shelves.append(_sampled(query, proposal, user_id, _row(cases.truth, row), brought))
    return shelves


def _sampled(
    query: ShelfQuery,
    proposal: Proposal | None,
    user_id: str,
    taken: Ints,
    brought: dict[tuple[str, int], float],
) -> SampledShelf:
    context = query.context
    proposed = Proposal(np.zeros(0, np.int32), np.zeros(0, np.float32)) if proposal is None else proposal
    excluded = np.append(context.excluded, np.int32(proposed.because))
    allowed = np.flatnonzero(~among(proposed.items, excluded))[:MAX_CANDIDATES]
    items = proposed.items[allowed]
    dealings = sum(
        (bit * among(items, some)).astype(np.uint8)
        for bit, some in ((SEEN, context.seen), (OWNED, context.owned), (NOT_DUE, context.not_due))
    )
    days = np.full(len(query.model.items), np.inf, np.float32)
    known = context.bought < len(days)
    np.minimum.at(days, context.bought[known], (context.now - context.bought_at[known]) / DAY)
    return SampledShelf(
        digest=digest(user_id),
        items=items,
        scores=proposed.scores[allowed],
        dealings=np.asarray(dealings, np.uint8),
        days=days[items],
        may_be_filled=proposed.may_be_filled,
        cart=query.cart,
        taken=taken,
        money=np.array([brought.get((user_id, item), 0.0) for item in taken.tolist()]),
    )


def _brought(holdout: Holdout, events: pl.DataFrame) -> dict[tuple[str, int], float]:
    """Return what each item that a shopper took in the held-out weeks brought, in units of the currency."""
    window, items = holdout.window, holdout.train.items
    if PRICE not in events.columns:
        return {}
    quantity = pl.col(QUANTITY).fill_null(1) if QUANTITY in events.columns else pl.lit(1)
    inside = (pl.col(TIMESTAMP) >= window.cut, pl.col(TIMESTAMP) < window.end, pl.col(EVENT) == holdout.target)
    sums = (
        events.filter(*inside)
        .group_by(USER_ID, ITEM_ID)
        .agg((pl.col(PRICE).fill_null(0) * quantity / MICROS).sum().alias("money"))
    )
    numbers = items.numbers(sums[ITEM_ID].to_list()).tolist()
    return {
        (user_id, number): money
        for user_id, number, money in zip(sums[USER_ID], numbers, sums["money"], strict=True)
        if user_id is not None and number != UNKNOWN
    }


def _row(lists: ItemLists, row: int) -> Ints:
    return lists.items[lists.indptr[row] : lists.indptr[row + 1]]
