"""Warming up: a new model fills a shelf of every placement before shoppers see it.

What is computed or read from disk at first use, such as the directions of vectors, then delays nobody.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Final

from msgspec.structs import replace

from aisle.app.serving.profiles import Profile
from aisle.app.serving.shelf import Shelf
from aisle.engine.model import TrainedModel
from aisle.engine.request import ShelfRequest
from aisle.shop.events import EventKind, ProfileEvent
from aisle.shop.moments import now

NOBODY: Final = Profile([], away=False)

VIEWED: Final = 3
"""How many items the made-up shopper viewed."""

_log: Final = logging.getLogger(__name__)


def warm_up(
    model: TrainedModel, placements: Iterable[str], filled: Callable[[ShelfRequest, Profile, TrainedModel], Shelf]
) -> None:
    """Fill a shelf of each placement, for nobody and for a made-up shopper, and throw it away.

    Parameters
    ----------
    filled
        What fills shelves; where it fails, that is told, and shoppers get what they would get without this.
    """
    viewed = model.items.ids[:VIEWED]
    profile = Profile([ProfileEvent(item_id, EventKind.VIEW_ITEM.value, now()) for item_id in viewed], away=False)
    for placement in placements:
        for_nobody = ShelfRequest(placement=placement, item_id=viewed[0])
        for_shopper = replace(for_nobody, cart=tuple(viewed))
        for request, whose in ((for_nobody, NOBODY), (for_shopper, profile)):
            try:
                filled(request, whose, model)
            except Exception:  # whatever it is, it must not keep the model from those whom it does not concern
                _log.exception("model %s fills no shelf of placement %s", model.version, placement)
