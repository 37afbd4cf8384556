"""Which weeks are held out, and by which kind of event models are judged on them: so that enough shoppers are judged.

A shop is judged by purchases if enough shoppers buy, otherwise by ratings, carts or views (`TARGET_KINDS`). The window
is the end of the log (`prepare.split.holdout_window`). Where that has too few of these events, because they ended
earlier or come seldom, it ends with the last of them, and is as much longer as it takes.
"""

from collections.abc import Iterator
from typing import Any, Final

import narwhals as nw
import numpy as np
import polars as pl
from msgspec import Struct

from aisle.prepare.split import SHARE, Window, holdout_window
from aisle.prepare.stray import steady_span
from aisle.prepare.weigh import Weights
from aisle.recommenders.second_stage.item_state import ENOUGH, TARGET_KINDS
from aisle.shop.columns import EVENT, ITEM_ID, RATING, TIMESTAMP, USER_ID
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import EventKind
from aisle.shop.moments import DAY, format_day

_DAY: Final = "day"
_COUNT: Final = "count"


class HeldOut(Struct, frozen=True):
    """A held-out window, and how models are judged on it.

    Attributes
    ----------
    target
        The kind of event that counts as success.
    shoppers
        How many shoppers are judged: those with a target event on an item known before the window.
    """

    window: Window
    target: EventKind
    shoppers: int


def choose_window(events: Any, weights: Weights, end: int | None = None) -> HeldOut:
    """Return the window to judge models on.

    Parameters
    ----------
    events
        As `prepare.build.build` takes them.
    weights
        The weight of each kind of event: only events that speak for an item count.
    end
        The moment before which the log is looked at; None: its end.

    Raises
    ------
    NotEnoughData
        If the log covers fewer than five days, or nobody deals with a known item in any window.
    """
    log = nw.from_native(events).lazy()
    log = log if end is None else log.filter(nw.col(TIMESTAMP) < end)
    days = _per_day(log)
    if days.height == 0:
        raise NotEnoughData("there are no events; import a longer log")
    moments = days[_DAY].to_numpy() * DAY
    newest = holdout_window(int(moments.min()), int(moments.max()))
    found = [_of_kind(log, weights, days, kind, newest) for kind in TARGET_KINDS]
    judged = [held_out for held_out in found if held_out is not None and held_out.shoppers]
    if not judged:
        raise NotEnoughData(
            f"from {format_day(newest.cut)} to {format_day(newest.end - 1)} nobody deals with an item known before; "
            "import a longer log"
        )
    return next((held_out for held_out in judged if held_out.shoppers >= ENOUGH), judged[0])


def _per_day(log: nw.LazyFrame[Any]) -> pl.DataFrame:
    """Return how many events of each kind there are on each day."""
    day = (nw.col(TIMESTAMP) // DAY).alias(_DAY)
    counted = log.select(day, nw.col(EVENT).cast(nw.String())).group_by(_DAY, EVENT).agg(nw.len().alias(_COUNT))
    table: pl.DataFrame = counted.collect("polars").to_native()
    return table


def _of_kind(
    log: nw.LazyFrame[Any], weights: Weights, days: pl.DataFrame, kind: EventKind, newest: Window
) -> HeldOut | None:
    """Return the first window in which enough shoppers have events of a kind, or the first with any."""
    of_kind = days.filter(pl.col(EVENT) == kind.value).sort(_DAY)
    if of_kind.height == 0 or weights.of(kind) <= 0:
        return None
    steady = steady_span(of_kind[_DAY].to_numpy().astype(np.int64), of_kind[_COUNT].to_numpy().astype(np.int64))
    start = int(days[_DAY].to_numpy().min()) * DAY
    fallback = None
    for window in _windows(start, newest, steady.end):
        shoppers = _shoppers(log, weights, kind, window)
        if shoppers >= ENOUGH:
            return HeldOut(window, kind, shoppers)
        if shoppers and fallback is None:
            fallback = HeldOut(window, kind, shoppers)
    return fallback


def _windows(start: int, newest: Window, target_end: int) -> Iterator[Window]:
    """Yield the window at the log's end, or at that of the target events, and longer ones up to half of the log."""
    if target_end > newest.cut:
        window = newest
    else:
        covered = (target_end - start) // DAY
        window = Window(target_end - max(1, min(round(newest.days), covered // SHARE)) * DAY, target_end)
    yield window
    while (length := 2 * (window.end - window.cut)) <= (window.end - start) // 2:
        window = Window(window.end - length, window.end)
        yield window


def _shoppers(log: nw.LazyFrame[Any], weights: Weights, kind: EventKind, window: Window) -> int:
    """Count the shoppers with an event of a kind in a window on an item with events before it."""
    known = log.filter(nw.col(TIMESTAMP) < window.cut).select(ITEM_ID).unique()
    inside = (nw.col(TIMESTAMP) >= window.cut) & (nw.col(TIMESTAMP) < window.end)
    chosen = inside & (nw.col(EVENT) == kind.value) & ~nw.col(USER_ID).is_null()
    if kind is EventKind.RATE:
        chosen = chosen & (nw.col(RATING) > weights.middle_rating)
    shoppers = log.filter(chosen).join(known, on=ITEM_ID, how="semi").select(nw.col(USER_ID).n_unique())
    return int(shoppers.collect("polars").to_native().item())
