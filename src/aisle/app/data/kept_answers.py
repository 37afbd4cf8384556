"""What a server computes from all events or items and keeps for a while: with its moment, and whether it holds."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, NamedTuple, TypeVar

from aisle.shop.moments import now
from aisle.storage.catalogue import item_changes
from aisle.storage.connection import Database
from aisle.storage.log import event_changes
from aisle.storage.log.event_changes import State

KEPT_SECONDS: Final = 600
"""Older answers are computed again, if events or items have changed."""

MOST: Final = 48
"""How many answers are kept; the one that was wanted least lately goes."""

T = TypeVar("T")


class Kept(NamedTuple, Generic[T]):
    """An answer."""

    answer: T
    computed: int
    """The moment."""
    is_current: bool
    """Whether events and items are still those that it was computed from."""


class KeptAnswers(Generic[T]):
    """Answers of one kind, by what was asked.

    Parameters
    ----------
    clock
        Returns the present moment in seconds.
    """

    def __init__(self, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._clock = clock
        self._kept: OrderedDict[Hashable, tuple[float, int, tuple[State, int], T]] = OrderedDict()
        self._computing = threading.Lock()

    def of(self, asked: Hashable, compute: Callable[[], T], *, fresh: bool = False) -> Kept[T]:
        """Return an answer: the one that is kept, or a new one.

        Parameters
        ----------
        fresh
            Whether it is computed again as soon as events or items have changed.
        """
        with self._computing:  # two who ask the same wait for one computation
            with self._db.read() as connection:
                of_events = event_changes.state(connection)
            state = of_events, item_changes.newest(self._db)
            known = self._kept.get(asked)
            if known is not None:
                since, moment, then, answer = known
                self._kept.move_to_end(asked)
                if then == state or not (fresh or self._clock() - since > KEPT_SECONDS):
                    return Kept(answer, moment, then == state)
            answer, moment = compute(), now()
            self._kept[asked] = self._clock(), moment, state, answer
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
            return Kept(answer, moment, is_current=True)
