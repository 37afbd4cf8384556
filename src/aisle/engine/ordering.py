"""Given items in the order of a shopper's taste: search results, a category page, a newsletter."""

from collections.abc import Sequence

import numpy as np

from aisle.engine.model import TrainedModel
from aisle.engine.query import Floats
from aisle.engine.ranking.profile import as_of, to_query
from aisle.shop.events import ProfileEvent
from aisle.shop.ids import UNKNOWN


def taste(model: TrainedModel, events: Sequence[ProfileEvent], item_ids: Sequence[str]) -> Floats:
    """Return how much a shopper likes items, (items,) float32; NaN for items that the model does not know.

    Parameters
    ----------
    model
        The live model.
    events
        What the shopper did, newest first. Without any, items are as good as they are popular.
    item_ids
        Items by their ids in the shop.
    """
    numbers = model.items.numbers(item_ids)
    scores = np.full(len(numbers), np.nan, np.float32)
    known = numbers != UNKNOWN
    if not known.any():
        return scores
    shopper = to_query(events, model.items, model.weights, as_of(events, model.data_end))
    recommender = model.taste if len(shopper.history.items) else model.popular
    scores[known] = recommender.score(shopper, numbers[known])[0]
    return scores


def by_relevance(relevances: Sequence[float], scores: Floats) -> list[int]:
    """Return the places of search results, best first: those that fit about as well in the order of a taste.

    Parameters
    ----------
    relevances
        How well each fits the search; those within a tenth of the best one's count as equal.
    scores
        How much the shopper likes each, (results,); unknown ones, NaN, come last among equals.
    """
    best = max(relevances, default=0.0) or 1.0
    tenths = np.ceil(10 * np.array(relevances) / best)
    order: list[int] = np.lexsort((-scores, -tenths)).tolist()
    return order


def best_first(scores: Floats) -> list[int]:
    """Return places by falling score; equal and unknown ones keep their order, the unknown last."""
    order: list[int] = np.argsort(-scores, kind="stable").tolist()
    return order
