"""One request in a hundred is also answered as if the database were away, unseen: what is never used does not work."""

import logging
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Final

from aisle.app.serve import Live
from aisle.engine.request import ShelfRequest
from aisle.web import metrics

ONE_IN: Final = 100
"""Of how many requests one is rehearsed."""

_requests: Final = count(1)
_stage: Final = ThreadPoolExecutor(1, "aisle-rehearsal")
_log: Final = logging.getLogger(__name__)


def rehearse_now_and_then(live: Live, request: ShelfRequest) -> None:
    """Fill the fallback's shelf of every hundredth request too, behind its answer."""
    if next(_requests) % ONE_IN == 0:
        _stage.submit(rehearse, live, request)


def rehearse(live: Live, request: ShelfRequest) -> None:
    """Fill a shelf as if the database were away, and count what came of it."""
    try:
        shelf = live.as_if_away().shelf(request)
    except Exception:  # whatever it is, the shopper of an outage would have seen it
        _log.exception("the shelf without a database of placement %s fails", request.placement)
        metrics.note_rehearsal("failed")
    else:
        metrics.note_rehearsal("filled" if shelf.items else "empty")
