"""Training data as it was at an earlier moment."""

from dataclasses import replace

import numpy as np

from aisle.prepare.build import revised_events, sum_weights
from aisle.prepare.catalogue import without_stock
from aisle.prepare.interactions import Interactions
from aisle.prepare.weigh import Weights, event_weights


def until(data: Interactions, moment: int, weights: Weights) -> Interactions:
    """Return the data with only the events before a moment, weighed as of that moment.

    Users and items keep their numbers; those of later events have none. The catalogue is the present one without the
    stock, which shows how an item has sold since.

    Parameters
    ----------
    moment
        In microseconds.
    """
    everything = data.everything
    past = everything.where(everything.timestamp < moment)
    revised = revised_events(past, data.shape[1])
    log = past.where(~revised)
    weight = event_weights(weights, moment, log.kind, log.rating, log.timestamp)
    log = replace(log, weight=weight.astype(np.float32))
    return replace(
        data,
        matrix=sum_weights(log, weight, data.shape),
        log=log,
        now=moment,
        revised=past.where(revised),
        catalogue=None if data.catalogue is None else without_stock(data.catalogue),
        shown=None if data.shown is None else data.shown.until(moment),
    )
