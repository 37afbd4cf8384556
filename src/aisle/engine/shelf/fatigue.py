"""Fatigue: what a shopper was shown on several visits and never touched steps back for a while."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.shop.moments import DAY, MINUTE

Ints = NDArray[np.int32]
Moments = NDArray[np.int64]

HALF_LIFE_DAYS: Final = 7.0
"""After so many days a visit counts half, in a shop whose own impressions do not tell."""

MEMORY: Final = 4
"""What was shown longer ago than so many half-lives is forgotten."""

VISIT: Final = 30 * MINUTE
"""What is shown again within this time is shown on the same visit."""


class Shown(NamedTuple):
    """What a shopper was shown on a placement, in any order, each (shows,)."""

    item: Ints
    timestamp: Moments


NOTHING_SHOWN: Final = Shown(np.zeros(0, np.int32), np.zeros(0, np.int64))


def may_tire(moments: Iterable[int], visits: int) -> bool:
    """Return whether shelves shown at some moments can have been seen on so many visits, whatever stood on them."""
    count, last = 0, None
    for moment in sorted(moments):
        if last is None or moment - last > VISIT:
            count, last = count + 1, moment
    return count >= visits


def tired(shown: Shown, touched: Ints, touched_at: Moments, now: int, visits: int, half_life_days: float) -> Ints:
    """Return the items that step back, in ascending order.

    A visit counts 2^(-age / half-life). An item steps back once it was shown on `visits` visits since the shopper last
    touched it, until what they count has fallen to half of that: for about one half-life.

    Parameters
    ----------
    touched, touched_at
        The items that the shopper dealt with, and when, in any order, (events,).
    now
        The moment of the request, in microseconds.
    """
    if len(shown.item) < visits:
        return NOTHING_SHOWN.item
    items, number = np.unique(shown.item, return_inverse=True)
    last_touch = np.full(len(items), np.iinfo(np.int64).min)
    place = np.minimum(np.searchsorted(items, touched), len(items) - 1)
    known = items[place] == touched
    np.maximum.at(last_touch, place[known], touched_at[known])
    ignored = (shown.timestamp > last_touch[number]) & (shown.timestamp <= now)
    number, moment = number[ignored], shown.timestamp[ignored]
    order = np.lexsort((moment, number))
    number, moment = number[order], moment[order]
    new_visit = np.append(True, (np.diff(number) != 0) | (np.diff(moment) > VISIT))[: len(number)]
    age = (now - moment[new_visit]) / (half_life_days * DAY)
    recent = age <= MEMORY
    of_visit = number[new_visit][recent]
    count = np.bincount(of_visit, minlength=len(items))
    strength = np.bincount(of_visit, np.exp2(-age[recent]), minlength=len(items))
    return items[(count >= visits) & (strength >= visits / 2)]


def stepped_back(order: NDArray[np.intp], is_tired: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return candidates in the same order, those that step back behind all others.

    Parameters
    ----------
    order
        Candidates, best first, (ordered,).
    is_tired
        Which of all candidates step back, (candidates,).
    """
    back = is_tired[order]
    return np.concatenate((order[~back], order[back]))
