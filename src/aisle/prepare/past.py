"""Training data as it was at an earlier moment."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from aisle.prepare.aggregate import aggregate_arrays
from aisle.prepare.build import revised_events
from aisle.prepare.catalogue import without_stock
from aisle.prepare.interactions import EventLog, Interactions
from aisle.prepare.weigh import Weights, event_weights
from aisle.shop.ids import UNKNOWN


def until(data: Interactions, moment: int, weights: Weights) -> Interactions:
    """Return the data with only the events before a moment, weighed as of that moment.

    Users and items keep their numbers; those of later events have none. The catalogue is the present one without the
    stock, which shows how an item has sold since.

    Parameters
    ----------
    data
        The whole data.
    moment
        In microseconds.
    weights
        The weights of the data.
    """
    everything = data.everything
    past = everything.where(everything.timestamp < moment)
    revised = revised_events(past, data.shape[1])
    log = past.where(~revised)
    weight = event_weights(weights, moment, log.kind, log.rating, log.timestamp)
    log = replace(log, weight=weight.astype(np.float32))
    return replace(
        data,
        matrix=_matrix(log, weight, data.shape),
        log=log,
        now=moment,
        revised=past.where(revised),
        catalogue=None if data.catalogue is None else without_stock(data.catalogue),
    )


def _matrix(log: EventLog, weight: NDArray[np.float64], shape: tuple[int, int]) -> csr_array:
    """Sum weights by user and item, as `build` does."""
    known = log.user != UNKNOWN
    pairs = aggregate_arrays(log.user[known], log.item[known], weight[known], log.timestamp[known], log.rating[known])
    liked = pairs.weight > 0
    matrix = csr_array((pairs.weight[liked], (pairs.user[liked], pairs.item[liked])), shape=shape)
    matrix.sort_indices()
    return matrix
