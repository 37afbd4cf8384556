"""What shoppers were shown on a placement lately, for the rule `fatigue`: of one shopper, or of all for a batch.

What was served counts as shown. Where a shopper's browser tells what it showed (`view_item_list`), only that counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from aisle.engine.placement import Placement
from aisle.engine.shelf.fatigue import HALF_LIFE_DAYS, MEMORY, NOTHING_SHOWN, Shown
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
    db: Database, user_id: str, placement: Placement, profile: Sequence[ProfileEvent], items: Vocabulary, now: int
) -> Shown:
    """Return what one shopper was shown on a placement; nothing while the database does not answer.

    Parameters
    ----------
    profile
        The shopper's events.
    items
        The model's items; others are left out.
    now
        The moment of the request, in microseconds.
    """
    try:
        shelves = impressions.shown_to(db, user_id, placement.name, _since(now), SHELVES)
    except StorageError:
        return NOTHING_SHOWN
    return _shown(shelves, ((event.item_id, event.timestamp) for event in profile if event.kind == _SEEN), items)


def shown_to_all(db: Database, placement: Placement, items: Vocabulary, now: int) -> Mapping[str, Shown]:
    """Return what each shopper was shown on a placement, as `shown_to` does, of those who may be tired of anything."""
    visits, since = placement.rules.fatigue, _since(now)
    if not visits:
        return {}
    shelves: dict[str, list[ShownShelf]] = {}
    for user_id, shelf in impressions.stream_shown(db, placement.name, since):
        shelves.setdefault(user_id, []).append(shelf)
    seen: dict[str, list[tuple[str, int]]] = {}
    for user_id, item_id, moment in events.looks(db, since):
        if len(shelves.get(user_id, ())) >= visits:
            seen.setdefault(user_id, []).append((item_id, moment))
    return {
        user_id: _shown(of_user[:SHELVES], seen.get(user_id, ()), items)
        for user_id, of_user in shelves.items()
        if len(of_user) >= visits
    }


_SEEN: Final = EventKind.VIEW_ITEM_LIST


def _since(now: int) -> int:
    return now - int(MEMORY * HALF_LIFE_DAYS * DAY)


def _shown(shelves: Sequence[ShownShelf], seen: Iterable[tuple[str, int]], items: Vocabulary) -> Shown:
    """Return what of shelves was shown, by the looks that a browser told, if it told any."""
    if not shelves:
        return NOTHING_SHOWN
    places = [(item_id, served) for served, item_ids in shelves for item_id in item_ids]
    looks: dict[str, list[int]] = {}
    for item_id, moment in seen:
        looks.setdefault(item_id, []).append(moment)
    if looks:
        places = [(item_id, served) for item_id, served in places if _was_seen(looks.get(item_id, ()), served)]
    if not places:
        return NOTHING_SHOWN
    different = list({item_id for item_id, _ in places})  # shelves show the same again
    number_of = dict(zip(different, items.numbers(different).tolist(), strict=True))
    numbers = np.array([number_of[item_id] for item_id, _ in places], np.int32)
    moments = np.array([served for _, served in places], np.int64)
    known = numbers != UNKNOWN
    return Shown(numbers[known], moments[known])


def _was_seen(looks: Sequence[int], served: int) -> bool:
    return any(served - SKEW <= moment <= served + SEEN_WITHIN for moment in looks)
