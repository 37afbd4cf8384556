"""A day of visits: shoppers meet the shelf over HTTP, click, browse and buy, and the shop tells Aisle all of it."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aisle.client import Client
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.moments import SECOND
from aisle.simulator.judging import Memory, Mind, Visit, judge, still_wanted
from aisle.simulator.lines import NONE, Lines
from benchmarks.closed_loop.clock import FileClock
from benchmarks.closed_loop.policies import SHELF
from benchmarks.closed_loop.telling import after_click, rows_of
from benchmarks.closed_loop.town import SEED, TAG, Town

N: Final = 10
"""How many items a shelf has."""
MOST_PAGES: Final = 4
"""How many shelves a visitor sees at most."""

_PAUSE: Final = 20 * SECOND
_CHOSEN: Final = [KIND_CODES[kind] for kind in (EventKind.VIEW_ITEM, EventKind.ADD_TO_CART, EventKind.PURCHASE)]


class Shown(NamedTuple):
    """An item on a shelf, and what came of it."""

    visit: int
    page: int
    position: int
    item: int
    owned: bool
    clicked: bool
    bought: bool


class Outcome(NamedTuple):
    """A visit: money in micros; what is expected is so of the first shelf, and `best` of the oracle's in its place."""

    visit: int
    user: int
    known: bool
    pages: int
    clicks: int
    revenue: int
    elsewhere: int
    expected_clicks: float
    expected: float
    best: float


@dataclass(eq=False)
class Day:
    """A day of the shop, and what is known of it afterwards.

    Attributes
    ----------
    day
        The day of the calendar.
    clock
        The clock of the shop's server.
    """

    town: Town
    memory: Memory
    day: int
    client: Client
    clock: FileClock

    def __post_init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.shown: list[Shown] = []
        self.oracle: list[tuple[int, int]] = []
        self._numbers = {item_id: number for number, item_id in enumerate(self.town.item_ids)}

    def live(self) -> None:
        """Let everybody come who comes on this day."""
        lines, visits = self.town.lines_on(self.day), self.town.visits_on(self.day)
        for visit in visits.tolist():
            self._receive(visit, lines.take(lines.session == visit))
        # Repeat orders, refunds, ratings, and what began before midnight.
        self._happens(lines.take(~np.isin(lines.session, visits)), "night")
        self.memory.sleep()

    def _receive(self, number: int, own: Lines) -> None:
        """Show shelves to a visitor until none is clicked; who browses sees another one afterwards."""
        sessions = self.town.sessions
        user, known = int(sessions.user[number]), not sessions.anonymous[number]
        rng = np.random.default_rng([SEED, 3, number])
        visit = Visit(user, self.day, int(sessions.leaf[number]), int(sessions.noun[number]))
        mind = judge(self.town.world, self.town.shoppers, self.memory, visit, rng, known=known)
        best = mind.best(N)
        self.oracle += [(number, item) for item in best.tolist()]
        self.clock.set(int(sessions.start[number]))
        first, elsewhere, page = len(self.shown), 0, 0
        for page in range(MOST_PAGES):
            if self._look(number, page, mind, rng, user if known else None):
                continue
            if len(own) == 0:
                break
            kept, own = self._still_wanted(user, own), own.take(np.zeros(0, np.int64))
            self._happens(kept, str(number))
            elsewhere = _spent(kept)
        self.memory.looks[user, list(mind.seen - mind.clicked)] += 1
        seen = self.shown[first:]
        landing = np.array([one.item for one in seen if one.page == 0], np.int64)
        self.outcomes.append(
            Outcome(
                number,
                user,
                known,
                pages=page + 1,
                clicks=sum(one.clicked for one in seen),
                revenue=sum(int(mind.price[one.item]) for one in seen if one.bought),
                elsewhere=elsewhere,
                expected_clicks=mind.expected_clicks(landing),
                expected=mind.expected(landing),
                best=mind.expected(best),
            )
        )

    def _look(self, number: int, page: int, mind: Mind, rng: Generator, user: int | None) -> bool:
        """Show a shelf to a visitor, and tell what is clicked and bought; return whether anything is."""
        session_id = f"visit-{TAG}-{number}"
        user_id = None if user is None else f"shopper-{user + 1}"
        known_by = None if user_id else session_id
        shelf = self.client.recommendations(user_id=user_id, session_id=known_by, placement=SHELF, n=N)
        items = np.array([self._numbers[item.item_id] for item in shelf.items], np.int64)
        owned = np.zeros(len(items), np.bool_) if user is None else self.memory.bought[user, items] >= 0
        clicked = mind.clicks_on(items, rng)
        who = {"session_id": session_id} | ({"user_id": user_id} if user_id else {})
        moment, events = self.clock.read() + _PAUSE, list[dict[str, Any]]()
        for place, item in enumerate(items.tolist()):
            in_cart = place in clicked and mind.takes(item)
            bought = in_cart and mind.orders()
            self.shown.append(Shown(number, page, place, item, bool(owned[place]), place in clicked, bought))
            if place in clicked:
                events += after_click(who, shelf, place, moment, f"shelf-{number}-{page}", 2 + in_cart + bought)
            if bought and user is not None:
                self.memory.bought[user, item] = self.day
        self.clock.set(moment)
        if events:
            self.client.send_events(events)
        return bool(clicked)

    def _happens(self, lines: Lines, part: str) -> None:
        """Let time pass until events have happened without the shelf, and tell them."""
        if len(lines) == 0:
            return
        self.clock.set(int(lines.moment.max()))
        self.client.send_events(rows_of(lines, f"{self.day}-{part}"))
        bought = lines.of_kind(EventKind.PURCHASE)
        self.memory.bought[bought.user, bought.item] = self.day

    def _still_wanted(self, user: int, own: Lines) -> Lines:
        """Return what a visitor does without the shelf, but for what is owned already."""
        wanted = still_wanted(self.town.world, self.memory.bought[user], self.day) > 0
        return own.take(~np.isin(own.kind, _CHOSEN) | (own.item == NONE) | wanted[own.item])


def remembered(town: Town) -> Memory:
    """Return what shoppers remember on the opening day: their orders before it."""
    memory = Memory.blank(town.size.shoppers, town.size.items)
    bought = town.lines.take(town.lines.moment < town.opening).of_kind(EventKind.PURCHASE)
    memory.bought[bought.user, bought.item] = town.world.calendar.day_of(bought.moment)
    return memory


def _spent(lines: Lines) -> int:
    bought = lines.of_kind(EventKind.PURCHASE)
    value: NDArray[np.int64] = bought.price * np.maximum(bought.quantity, 1)
    return int(value.sum())
