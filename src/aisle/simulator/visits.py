"""Sessions of the simulated shop: who comes when, what they look for, and which items they look at."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aisle.shop.events import EventKind
from aisle.shop.moments import SECOND
from aisle.simulator.lines import NONE, Lines
from aisle.simulator.shoppers import Shoppers, liking
from aisle.simulator.vocabulary import LEAVES
from aisle.simulator.world import World

NOUNS: Final = max(len(leaf.nouns) for leaf in LEAVES)

_ANONYMOUS: Final = 0.15
_SEARCHING: Final = 0.35
_IN_FOCUS: Final = 0.8
_NOUN_PULL: Final = 1.3
_VIEWS: Final = 3.8
_MOST_VIEWS: Final = 16

_LEAF_NOUNS: Final = np.array([len(leaf.nouns) for leaf in LEAVES])


@dataclass(frozen=True, eq=False)
class Sessions:
    """Visits of the shop, arrays (sessions,).

    `user` is the person, also where the session is `anonymous`; `leaf` and `side` are the categories looked at, `noun`
    the kind of item wanted in the first, `views` how many items are looked at, and `pace` the microseconds from one to
    the next.
    """

    user: NDArray[np.int32]
    start: NDArray[np.int64]
    anonymous: NDArray[np.bool_]
    leaf: NDArray[np.int64]
    side: NDArray[np.int64]
    noun: NDArray[np.int64]
    views: NDArray[np.int64]
    pace: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.user)

    @property
    def shown_user(self) -> NDArray[np.int32]:
        """The user that the log gets to see."""
        return np.where(self.anonymous, np.int32(NONE), self.user)

    def after(self, session: NDArray[np.int32], steps: NDArray[np.number]) -> NDArray[np.int64]:
        """Return when a session is so many steps old: view `k` is at step `k`, counted from 1."""
        return self.start[session] + (steps * self.pace[session]).astype(np.int64)


def plan_sessions(rng: Generator, world: World, shoppers: Shoppers, count: int) -> Sessions:
    """Draw sessions, active shoppers having more of them."""
    user = rng.choice(len(shoppers), count, p=shoppers.activity).astype(np.int32)
    start = world.calendar.draw_moments(rng, shoppers.joined[user])
    logits = shoppers.leaves[user] + world.calendar.leaves[world.calendar.day_of(start)]
    leaf = _choose(rng.random(count), logits)
    return Sessions(
        user=user,
        start=start,
        anonymous=rng.random(count) < _ANONYMOUS,
        leaf=leaf,
        side=_choose(rng.random(count), logits),
        noun=rng.integers(0, _LEAF_NOUNS[leaf]),
        views=np.minimum(rng.geometric(1 / _VIEWS, count), _MOST_VIEWS),
        pace=np.clip(rng.lognormal(np.log(50), 0.6, count), 10, 300) * SECOND,
    )


def browse(rng: Generator, world: World, shoppers: Shoppers, sessions: Sessions) -> tuple[Lines, NDArray[np.float32]]:
    """Draw the items looked at in each session, and return with the lines how much each is liked, (views,)."""
    session = np.repeat(np.arange(len(sessions), dtype=np.int32), sessions.views)
    place = np.arange(len(session)) - np.repeat(np.cumsum(sessions.views) - sessions.views, sessions.views)
    in_focus = rng.random(len(session)) < _IN_FOCUS
    leaf = np.where(in_focus, sessions.leaf[session], sessions.side[session])
    noun = np.where(in_focus, sessions.noun[session], NONE)
    item, liked = _choose_items(rng, world, shoppers, sessions, session, leaf, noun)
    moment = sessions.after(session, place + 1 + rng.uniform(0, 0.3, len(session)))
    return Lines.of(EventKind.VIEW_ITEM, session, sessions.shown_user[session], moment, item=item), liked


def searches(rng: Generator, sessions: Sessions) -> Lines:
    """Return the searches with which some sessions begin."""
    rows = np.flatnonzero(rng.random(len(sessions)) < _SEARCHING)
    words = (sessions.leaf[rows] * NOUNS + sessions.noun[rows]).astype(np.int32)
    return Lines.of(EventKind.SEARCH, rows, sessions.shown_user[rows], sessions.start[rows], words=words)


def _choose_items(
    rng: Generator,
    world: World,
    shoppers: Shoppers,
    sessions: Sessions,
    session: NDArray[np.int32],
    leaf: NDArray[np.int64],
    noun: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Choose one item of the given leaf for each view, by a softmax; return it, and how much it is liked."""
    catalogue = world.catalogue
    user = sessions.user[session]
    day = world.calendar.day_of(sessions.start[session])
    chance = rng.random(len(session))
    item = np.empty(len(session), np.int32)
    appeal = np.empty(len(session), np.float32)
    by_leaf = np.argsort(leaf, kind="stable")
    ends = np.cumsum(np.bincount(leaf, minlength=len(LEAVES)))
    for number, rows in enumerate(np.split(by_leaf, ends[:-1])):
        items = slice(catalogue.start[number], catalogue.start[number + 1])
        liked = liking(shoppers, catalogue, user[rows], day[rows], number)
        wanted = _NOUN_PULL * (noun[rows, None] == catalogue.noun[items])
        chosen = _choose(chance[rows], liked + catalogue.draw[day[rows], items] + wanted)
        item[rows] = catalogue.start[number] + chosen
        appeal[rows] = liked[np.arange(len(rows)), chosen]
    return item, appeal


def _choose(chance: NDArray[np.float64], logits: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return a column for each row of logits (rows, columns), by softmax; `chance` is uniform on 0 … 1."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float32)
    ladder = np.cumsum(weights, axis=1)
    column: NDArray[np.int64] = (ladder < (chance * ladder[:, -1])[:, None]).sum(axis=1)
    return column
