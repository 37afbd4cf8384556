"""A shopper's rating as an event of this moment, and whether it was stored."""

import uuid
from collections.abc import Sequence
from typing import Any

from aisle.shop import columns, moments
from aisle.shop.errors import InputError
from aisle.shop.events import EventKind, off_scale
from aisle.storage.log.writer import EventTuple, Outcome


def rating_event(
    user_id: str,
    item_id: str,
    rating: float,
    scale: tuple[float, float],
    event_id: str | None = None,
    recommendation_id: str | None = None,
) -> EventTuple:
    """Return a rating as an event.

    Parameters
    ----------
    scale
        The lowest and the highest rating of the shop.

    Raises
    ------
    InputError
        If it is not on the scale.
    """
    if problem := off_scale(rating, scale):
        raise InputError(problem)
    values: dict[str, Any] = {
        columns.EVENT_ID: event_id or uuid.uuid4().hex,
        columns.EVENT: EventKind.RATE.value,
        columns.USER_ID: user_id,
        columns.ITEM_ID: item_id,
        columns.RATING: rating + 0.0,  # zero has no sign
        columns.TIMESTAMP: moments.now(),
        columns.RECOMMENDATION_ID: recommendation_id,
    }
    return tuple(values.get(name) for name in columns.EVENTS)


def check_rating(user_id: str, outcomes: Sequence[Outcome]) -> None:
    """Make sure that a shopper's rating was stored.

    Raises
    ------
    InputError
        If it was rejected.
    """
    for outcome in outcomes:
        if outcome.status == "rejected":
            raise InputError(f"the rating of {user_id!r} was not stored: {outcome.reason}")
