"""The past to learn from, and the held-out window after it to evaluate on.

A model is fitted on every event before a moment and queried, as of that moment, for each shopper who buys in the window
that follows. In ALL, everything bought is relevant, since people rebuy; in NOVEL only what is new to the shopper, and
what they had bought before is excluded from the ranking.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.evaluation.queries import query_batch, query_of
from aisle.evaluation.stars import GivenStars
from aisle.prepare.build import build, weighed_events
from aisle.prepare.interactions import EventLog, Interactions
from aisle.prepare.split import Window, split
from aisle.prepare.weigh import WEIGHT, Weights
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.recommenders.second_stage.item_state import TARGET_KINDS
from aisle.shop.columns import EVENT, ITEM_ID, RATING, TIMESTAMP, USER_ID
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN, Vocabulary
from aisle.shop.moments import format_day

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame


@dataclass(frozen=True, eq=False)
class Holdout:
    """Queries with known answers, for any model fitted on `train`.

    Attributes
    ----------
    target
        The kind of event that counts as success; a rating counts only above the middle of the scale.
    train
        Everything before the window.
    users
        The user of each query as a number of `train.users`, or `UNKNOWN` for a new user, (queries,).
    queries
        The users with a target event in the window on an item known before it, with their histories up to the window.
    truth
        The items of those events, per query.
    novel_truth
        Those of them without an earlier target event of the shopper; may be empty.
    owned
        The items with an earlier target event of the shopper; NOVEL excludes them from the ranking.
    given
        The stars that users of `train` gave to its items in the window, good or bad; may be empty.
    """

    window: Window
    target: EventKind
    train: Interactions
    users: NDArray[np.int32]
    queries: QueryBatch
    truth: ItemLists
    novel_truth: ItemLists
    owned: ItemLists
    given: GivenStars

    def __len__(self) -> int:
        return len(self.queries)

    @property
    def returning(self) -> NDArray[np.bool_]:
        """Which queries have a history, (queries,)."""
        returning: NDArray[np.bool_] = np.diff(self.queries.history.indptr) > 0
        return returning


def hold_out(
    events: "IntoFrame",
    weights: Weights,
    window: Window,
    *,
    target: EventKind | None = None,
    items: Vocabulary | None = None,
) -> Holdout:
    """Split a log at a window and prepare both sides; events after the window are not looked at.

    Parameters
    ----------
    events
        As `prepare.build.build` takes them.
    weights
        The weight of each kind of event.
    window
        See `evaluation.window.choose_window`.
    target
        The kind of event that counts as success; None: the first of `TARGET_KINDS` that the window has.
    items
        All items known before the window, if the events are those of some shoppers only.

    Raises
    ------
    FormatError
        If a needed column is missing.
    NotEnoughData
        If nothing can be learnt before the window, or nobody deals with a known item in it.
    """
    past, future = split(nw.from_native(events).lazy(), window)
    train = build(past.to_native(), weights, window.cut, items=items)
    known = _known(future, weights, window, train.items)
    liked = known.filter(pl.col(WEIGHT) > 0)
    kinds = TARGET_KINDS if target is None else (target,)
    target = next((kind for kind in kinds if kind in liked[EVENT]), None)
    if target is None:
        raise NotEnoughData(
            f"from {format_day(window.cut)} to {format_day(window.end - 1)} nobody deals with an item known before; "
            "import a longer log"
        )
    pairs = liked.filter(pl.col(EVENT) == target).select(USER_ID, ITEM_ID).unique().sort(USER_ID, ITEM_ID)
    shoppers = pairs[USER_ID].unique(maintain_order=True)
    users = train.users.numbers(shoppers.to_list())
    query, item = pairs[USER_ID].rle_id().to_numpy(), train.items.numbers(pairs[ITEM_ID].to_list())
    truth = ItemLists.of_pairs(query, item, len(users))
    owned = _owned(train.log, target, users, len(train.users))
    return Holdout(
        window=window,
        target=target,
        train=train,
        users=users,
        queries=query_batch(train, users),
        truth=truth,
        novel_truth=_without(truth, owned, len(train.items)),
        owned=owned,
        given=_given(known, train),
    )


def _known(future: "nw.LazyFrame[Any]", weights: Weights, window: Window, items: Vocabulary) -> pl.DataFrame:
    """Return the window's events with a user and a known item."""
    events = weighed_events(future, weights, window.end).filter(~nw.col(USER_ID).is_null())
    table: pl.DataFrame = events.collect("polars").to_native()
    return table.filter(pl.col(ITEM_ID).is_in(items.ids))


def _given(events: pl.DataFrame, train: Interactions) -> GivenStars:
    """Return the last stars of each pair with a known user."""
    rated = events.filter(pl.col(EVENT) == EventKind.RATE, pl.col(RATING).is_finite()).sort(TIMESTAMP, RATING)
    last = rated.unique([USER_ID, ITEM_ID], keep="last", maintain_order=True)
    user, item = train.users.numbers(last[USER_ID].to_list()), train.items.numbers(last[ITEM_ID].to_list())
    known = user != UNKNOWN
    return GivenStars(user[known], item[known], last[RATING].to_numpy()[known].astype(np.float32))


def _owned(log: EventLog, target: EventKind, users: NDArray[np.int32], known: int) -> ItemLists:
    """Return the items of each query's target events before the window."""
    query = query_of(log.user, users, known)
    chosen = (query != UNKNOWN) & (log.kind == KIND_CODES[target])
    pairs = np.unique(np.stack((query[chosen], log.item[chosen])), axis=1)
    return ItemLists.of_pairs(pairs[0], pairs[1], len(users))


def _without(lists: ItemLists, others: ItemLists, items: int) -> ItemLists:
    """Return the lists without the items of the others."""
    query = lists.queries
    kept = ~np.isin(query * items + lists.items, others.queries * items + others.items)
    return ItemLists.of_pairs(query[kept], lists.items[kept], len(lists))
