"""What shoppers were shown on a placement lately, for the rule `fatigue`: of one shopper, or of all for a batch.

What was served counts as shown. Where a shopper's browser tells what it showed (`view_item_list`), only that counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from aisle.engine.model import TrainedModel
from aisle.engine.placement import Placement
from aisle.engine.shelf.fatigue import MEMORY, NOTHING_SHOWN, Shown, may_tire
from aisle.shop.errors import StorageError
from aisle.shop.events import EventKind, ProfileEvent
from aisle.shop.ids import UNKNOWN, Vocabulary
from aisle.shop.moments import DAY, HOUR, MINUTE
from aisle.storage.connection import Database
from aisle.storage.log import events
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import ShownShelf

SHELVES: Final = 20
"""So many of a shopper's newest shelves count."""

SEEN_WITHIN: Final = HOUR
"""A look counts for a shelf that was served at most so long before."""

SKEW: Final = 5 * MINUTE
"""How far a browser's clock may be behind."""


def shown_to(
    db: Database, user_id: str, placement: Placement, profile: Sequence[ProfileEvent], model: TrainedModel, now: int
) -> Shown:
    """Return what one shopper was shown on a placement; nothing while the database does not answer.

    Parameters
    ----------
    profile
        The shopper's events.
    model
        What it does not know is left out.
    now
        The moment of the request, in microseconds.
    """
    often_enough = partial(may_tire, visits=placement.rules.fatigue)
    try:
        shelves = impressions.shown_to(db, user_id, placement.name, _since(now, model), SHELVES, often_enough)
    except StorageError:
        return NOTHING_SHOWN
    return _shown(shelves, ((event.item_id, event.timestamp) for event in profile if event.kind == _SEEN), model.items)


def shown_to_all(db: Database, placement: Placement, model: TrainedModel, now: int) -> Mapping[str, Shown]:
    """Return what each shopper was shown on a placement, as `shown_to` does, of those who may be tired of anything."""
    visits, since = placement.rules.fatigue, _since(now, model)
    if not visits:
        return {}
    shelves: dict[str, list[ShownShelf]] = {}
    for user_id, shelf in impressions.stream_shown(db, placement.name, since):
        shelves.setdefault(user_id, []).append(shelf)
    seen: dict[str, list[tuple[str, int]]] = {}
    newest = {user_id: of_user[:SHELVES] for user_id, of_user in shelves.items()}
    may_be_tired = {
        user_id: of_user
        for user_id, of_user in newest.items()
        if may_tire((shelf.timestamp for shelf in of_user), visits)
    }
    for user_id, item_id, moment in events.looks(db, since) if may_be_tired else ():
        if user_id in may_be_tired:
            seen.setdefault(user_id, []).append((item_id, moment))
    return {user_id: _shown(of_user, seen.get(user_id, ()), model.items) for user_id, of_user in may_be_tired.items()}


_SEEN: Final = EventKind.VIEW_ITEM_LIST


def _since(now: int, model: TrainedModel) -> int:
    return now - int(MEMORY * model.half_life_days * DAY)


def _shown(shelves: Sequence[ShownShelf], seen: Iterable[tuple[str, int]], items: Vocabulary) -> Shown:
    """Return what of shelves was shown, by the looks that a browser told, if it told any."""
    looks: dict[str, list[int]] = {}
    for item_id, moment in seen:
        looks.setdefault(item_id, []).append(moment)
    if looks:
        shelves = [
            ShownShelf(served, [item_id for item_id in item_ids if _was_seen(looks.get(item_id, ()), served)])
            for served, item_ids in shelves
        ]
    moments = [served for served, item_ids in shelves for _ in item_ids]
    if not moments:
        return NOTHING_SHOWN
    numbers = items.numbers([item_id for _, item_ids in shelves for item_id in item_ids])
    known = numbers != UNKNOWN
    return Shown(numbers[known], np.array(moments, np.int64)[known])


def _was_seen(looks: Sequence[int], served: int) -> bool:
    return any(served - SKEW <= moment <= served + SEEN_WITHIN for moment in looks)
