"""How many places the items that shoppers bought before may have, so that less of them costs little."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from aisle.app.training.placement_report import LENGTH, shown_and_spared
from aisle.engine.model import TrainedModel
from aisle.engine.placement import NO_RULES, Placement, place
from aisle.engine.proposals import Proposal
from aisle.engine.query import NoCatalogue, ShelfQuery
from aisle.engine.ranking.candidates import MAX_CANDIDATES
from aisle.engine.recipe import PERSONAL, REBUYING
from aisle.engine.request import MAIN_PLACEMENT, ShelfRequest
from aisle.engine.shelf.rules import Rules
from aisle.engine.strategies import STRATEGIES
from aisle.engine.vocabulary import RequestVocabulary
from aisle.evaluation.holdout import Holdout
from aisle.metrics import ranking
from aisle.recommenders.base import Component
from aisle.recommenders.second_stage.rebuying import Rebuying

SHOPPERS: Final = 300
"""The cost is measured on so many random shoppers, none of whom the placement report shows."""

MOST_COST: Final = 0.02
"""Repeats get so many places that not more than this share of NDCG is lost."""

STEPS: Final = (0.5, 0.6, 0.7, 0.8, 0.9)
"""The shares that are tried, beside the share that repeats have among what shoppers take next."""


def least_repeat_share(model: TrainedModel, holdout: Holdout, seed: int) -> float:
    """Return the least share of places for repeats that costs at most `MOST_COST` of NDCG on the held-out weeks.

    Parameters
    ----------
    model
        A model of the data before these weeks.
    holdout
        The held-out weeks.
    seed
        Seed of the sample of shoppers.
    """
    rows = np.sort(shown_and_spared(holdout, np.random.default_rng(seed))[1][:SHOPPERS])
    retrieval = model.retrieval()
    if model.rebuying is None or retrieval is None or len(rows) == 0:
        return 0.0
    shoppers, truth = holdout.queries.take(rows), holdout.truth.take(rows)
    ranked, impersonal = retrieval.own(shoppers, MAX_CANDIDATES)
    catalogue = NoCatalogue(RequestVocabulary(model.items), np.zeros(0, np.int32))
    request = ShelfRequest(n=LENGTH)
    queries = ShelfQuery.of_shoppers(request, shoppers, model, catalogue)

    def ndcg(rules: Rules) -> float:
        placement = Placement(MAIN_PLACEMENT, STRATEGIES[PERSONAL], rules=rules)
        shown = np.full((len(rows), LENGTH), -1, np.int32)
        for row in np.flatnonzero(~impersonal).tolist():
            items = place(placement, queries[row], [Proposal.of_row(ranked, row)]).items
            shown[row, : len(items)] = items
        return ranking.mean(ranking.ndcg(ranking.find_hits(shown, truth.indptr, truth.items), LENGTH))

    least = (1 - MOST_COST) * ndcg(NO_RULES)
    shares = [model.rebuying.share, *(step for step in STEPS if step > model.rebuying.share)]
    return next((share for share in shares if ndcg(Rules(repeat_share=share)) >= least), 1.0)


def with_repeat_share(components: Mapping[str, Component[Any]], least: float) -> dict[str, Component[Any]]:
    """Return the components of a bundle, with the least share of places that its shelves leave to repeats.

    Parameters
    ----------
    least
        As `least_repeat_share` measured it.
    """
    rebuying = components.get(REBUYING)
    return {**components, REBUYING: rebuying.with_least(least)} if isinstance(rebuying, Rebuying) else dict(components)
