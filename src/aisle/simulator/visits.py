"""Sessions of the simulated shop: who comes when, with what in mind, and which items they view."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aisle.shop.events import EventKind
from aisle.shop.moments import SECOND
from aisle.simulator.catalogue import COMPARED, Catalogue
from aisle.simulator.lines import NONE, Lines
from aisle.simulator.shoppers import Shoppers, liking
from aisle.simulator.vocabulary import LEAVES
from aisle.simulator.world import World

NOUNS: Final = max(len(leaf.nouns) for leaf in LEAVES)

_ANONYMOUS: Final = 0.15
_SEARCHING: Final = 0.35
_IN_FOCUS: Final = 0.8
NOUN_PULL: Final = 1.3
"""How much more an item is liked, in logits, that is of the kind in mind."""
_VIEWS: Final = 3.8
_MOST_VIEWS: Final = 16

_LEAF_NOUNS: Final = np.array([len(leaf.nouns) for leaf in LEAVES])


@dataclass(frozen=True, eq=False)
class Sessions:
    """Sessions, arrays (sessions,).

    Attributes
    ----------
    user
        The shopper, also of an anonymous session.
    start
        The first moment, in microseconds.
    anonymous
        Whether the log does not know the shopper.
    leaf, side
        The leaf category of most views, and that of the others.
    noun
        The kind of item that the shopper has in mind, in `leaf`.
    views
        The number of items viewed.
    pace
        Microseconds from one view to the next.
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
        """The user in the log, `NONE` for an anonymous session."""
        return np.where(self.anonymous, np.int32(NONE), self.user)

    def after(self, session: NDArray[np.int32], steps: NDArray[np.number]) -> NDArray[np.int64]:
        """Return the moments of sessions after so many steps; view `k`, from 1, is step `k`."""
        return self.start[session] + (steps * self.pace[session]).astype(np.int64)


class _Intents(NamedTuple):
    """What views are about, arrays (views,): who views on which day, in which leaf, and which noun is in mind."""

    user: NDArray[np.int32]
    day: NDArray[np.int32]
    leaf: NDArray[np.int64]
    noun: NDArray[np.int64]


def plan_sessions(rng: Generator, world: World, shoppers: Shoppers, count: int) -> Sessions:
    """Draw sessions; active shoppers have more of them."""
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
    """Return the views of each session, and how much each viewed item is liked, (views,)."""
    session = np.repeat(np.arange(len(sessions), dtype=np.int32), sessions.views)
    place = np.arange(len(session)) - np.repeat(np.cumsum(sessions.views) - sessions.views, sessions.views)
    in_focus = rng.random(len(session)) < _IN_FOCUS
    intents = _Intents(
        user=sessions.user[session],
        day=world.calendar.day_of(sessions.start[session]),
        leaf=np.where(in_focus, sessions.leaf[session], sessions.side[session]),
        noun=np.where(in_focus, sessions.noun[session], NONE),
    )
    item, liked = _choose_items(rng, world.catalogue, shoppers, intents)
    moment = sessions.after(session, place + 1 + rng.uniform(0, 0.3, len(session)))
    return Lines.of(EventKind.VIEW_ITEM, session, sessions.shown_user[session], moment, item=item), liked


def searches(rng: Generator, sessions: Sessions) -> Lines:
    """Return the searches that some sessions start with."""
    rows = np.flatnonzero(rng.random(len(sessions)) < _SEARCHING)
    words = (sessions.leaf[rows] * NOUNS + sessions.noun[rows]).astype(np.int32)
    return Lines.of(EventKind.SEARCH, rows, sessions.shown_user[rows], sessions.start[rows], words=words)


def _choose_items(
    rng: Generator, catalogue: Catalogue, shoppers: Shoppers, intents: _Intents
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Draw an item for each intent, by softmax; return the items, and how much each is liked."""
    chance = rng.random(len(intents.leaf))
    item = np.empty(len(intents.leaf), np.int32)
    appeal = np.empty(len(intents.leaf), np.float32)
    by_leaf = np.argsort(intents.leaf, kind="stable")
    ends = np.cumsum(np.bincount(intents.leaf, minlength=len(LEAVES)))
    for leaf, rows in enumerate(np.split(by_leaf, ends[:-1])):
        if len(rows) == 0:
            continue
        day = intents.day[rows]
        items, draw = _looked_at(rng, catalogue, leaf, day)
        liked = liking(shoppers, catalogue, intents.user[rows], day, items)
        in_mind = NOUN_PULL * (intents.noun[rows, None] == catalogue.noun[items])
        chosen = _choose(chance[rows], liked + draw + in_mind)
        item[rows] = np.take_along_axis(items, chosen[:, None], axis=1)[:, 0]
        appeal[rows] = np.take_along_axis(liked, chosen[:, None], axis=1)[:, 0]
    return item, appeal


def _looked_at(
    rng: Generator, catalogue: Catalogue, leaf: int, days: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the items of a leaf that are looked at on days, and their draw in what is chosen then.

    All of a small leaf are looked at. Of a larger one, `COMPARED` are, drawn by their appeal, which counts no more
    then: a choice among them by liking alone comes close to one among all by both (importance sampling).

    Returns
    -------
    int32 (days, items), float32 (days, items)
        With one row if all days have the same.
    """
    items = np.arange(catalogue.start[leaf], catalogue.start[leaf + 1], dtype=np.int32)
    if len(items) <= COMPARED:
        return np.broadcast_to(items, (len(days), len(items))), catalogue.draw(items, days[:, None])
    looked_at = np.empty((len(days), COMPARED), np.int32)
    for day in np.unique(days):
        rows = np.flatnonzero(days == day)
        ladder = np.cumsum(np.exp(catalogue.draw(items, day), dtype=np.float64))
        looked_at[rows] = items[np.searchsorted(ladder, rng.random((len(rows), COMPARED)) * ladder[-1])]
    return looked_at, np.zeros((1, 1), np.float32)


def _choose(chance: NDArray[np.float64], logits: NDArray[np.floating]) -> NDArray[np.int64]:
    """Draw a column for each row of logits (rows, columns), by softmax; `chance` is uniform on 0 … 1."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float32)
    ladder = np.cumsum(weights, axis=1)
    column: NDArray[np.int64] = (ladder < (chance * ladder[:, -1])[:, None]).sum(axis=1)
    return column
