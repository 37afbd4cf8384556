"""What stands out by far: robust z-scores, and visitors who are machines.

Mean and standard deviation are moved by the very outliers that they are to find; the median and the median absolute
deviation (MAD) are not (Iglewicz and Hoaglin, 1993). Counts and prices are judged by their logarithms, as they stretch
over powers of ten.
"""

from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.prepare.sessions import IDLE
from aisle.shop.columns import EVENT, SESSION_ID, TIMESTAMP, USER_ID
from aisle.shop.events import EventKind
from aisle.shop.moments import DAY, MINUTE, SECOND

FAR: Final = 6.0
"""A robust z-score from which on a value stands out: by chance, one in half a billion normal values."""

LEAST_SPREAD: Final = 0.5
"""Logarithms of counts are taken to spread at least so much: what is `FAR` is then 20 times the median or more."""

ANONYMOUS: Final = "anonymous"
"""The column that holds the session of a visitor who is no known user."""

VISITOR: Final = (USER_ID, ANONYMOUS)
"""The columns that tell visitors apart: of the two, one is null."""

LEAST_GAPS: Final = 50
"""With fewer pauses between acts, nobody is called too fast or too regular."""

FASTEST: Final = SECOND
"""Nobody acts every second, half of the time."""

EVENNESS: Final = 0.05
"""People's pauses differ: half of them by more than this share of the usual pause."""

LEAST_ACTS: Final = 100
"""With fewer acts on their busiest day, nobody is called a machine for their number."""

_STEPS: Final = 5
"""A pause must be so many steps of the log's clock long before its evenness says something."""

TO_SIGMA: Final = 1.4826
"""MAD times this is the standard deviation, if the values are normal."""


class Sign(StrEnum):
    """What gives a machine away."""

    FAST = "too fast"
    REGULAR = "too regular"
    MANY = "too many"


class Typical(NamedTuple):
    """Where values lie and how far they spread."""

    centre: float
    spread: float


def typical(values: NDArray[Any], floor: float, counts: NDArray[Any] | None = None) -> Typical:
    """Return the median, and the MAD as a standard deviation but never less than `floor`.

    Parameters
    ----------
    values
        Numbers, at least one, (values,).
    floor
        The least spread: a MAD is 0 as soon as half of the values are equal.
    counts
        How often each value stands, (values,); once each by default.
    """
    weights = np.ones(len(values)) if counts is None else np.asarray(counts, np.float64)
    centre = _median(values, weights)
    return Typical(centre, max(TO_SIGMA * _median(np.abs(values - centre), weights), floor))


def robust_scores(values: NDArray[Any], floor: float, counts: NDArray[Any] | None = None) -> NDArray[np.float64]:
    """Return by how many typical spreads each value lies above the median, (values,); arguments as of `typical`."""
    centre, spread = typical(values, floor, counts)
    return np.asarray((values - centre) / spread, np.float64)


def activity(events: pl.DataFrame) -> pl.DataFrame:
    """Return how each visitor acts, a row each, in no promised order.

    Lines of one moment are one act: an order of a hundred lines is sent once. Events with neither user nor session
    belong to nobody and are left out.

    Parameters
    ----------
    events
        Columns `event`, `user_id`, `session_id` and `timestamp`; all events of those who are in it.

    Returns
    -------
    The columns of `VISITOR`; `events`, `orders` (lines bought), `acts`; `whole_minutes` and `whole_seconds`, the acts
    at such; `days` with an act, `busiest_day`, the most acts of one; `gaps`, the pauses between acts within half an
    hour of each other, `pace`, their median in microseconds, and `unevenness`, their MAD as a share of it.
    """
    acts = (
        events.lazy()
        .with_columns(anonymous())
        .filter(pl.any_horizontal(pl.col(VISITOR).is_not_null()))
        .group_by(*VISITOR, TIMESTAMP)
        .agg(pl.len().alias("events"), (pl.col(EVENT) == EventKind.PURCHASE.value).sum().alias("orders"))
        .sort(*VISITOR, TIMESTAMP)
    )
    pause = pl.when(same_visitor()).then(pl.col(TIMESTAMP).diff())
    gap = pl.col("gap").drop_nulls()
    deviation = (gap - gap.median()).abs().median()
    return (
        acts.with_columns(pl.when(pause <= IDLE).then(pause).alias("gap"))
        .group_by(*VISITOR)
        .agg(
            pl.col("events", "orders").sum(),
            pl.len().alias("acts"),
            (pl.col(TIMESTAMP) % MINUTE == 0).sum().alias("whole_minutes"),
            (pl.col(TIMESTAMP) % SECOND == 0).sum().alias("whole_seconds"),
            (pl.col(TIMESTAMP) // DAY).n_unique().alias("days"),
            (pl.col(TIMESTAMP) // DAY).unique_counts().max().alias("busiest_day"),
            gap.len().alias("gaps"),
            gap.median().alias("pace"),
            (deviation / gap.median()).alias("unevenness"),
        )
        .collect()
    )


def anonymous() -> pl.Expr:
    """Return the session of events without a user, null for the others."""
    return pl.when(pl.col(USER_ID).is_null()).then(pl.col(SESSION_ID)).alias(ANONYMOUS)


def same_visitor() -> pl.Expr:
    """Tell whether a row is of the same visitor as the one before it."""
    return pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in VISITOR) & (
        pl.int_range(pl.len()) > 0
    )


def find_bots(visitors: pl.DataFrame) -> pl.DataFrame:
    """Return the visitors who act like machines, with the `sign` that gives each away, most events first.

    Too fast: half of the pauses are no longer than a second. Too regular: the pauses are nearly equal, and long enough
    for the log's clock to tell. Too many: far more acts on a day than visitors usually have, and nothing bought.

    Parameters
    ----------
    visitors
        What `activity` returns, of all visitors: what is usual is learnt from them.
    """
    if visitors.is_empty():
        return visitors.with_columns(pl.lit(None, pl.String).alias("sign"))
    step = clock_step(visitors)
    paced = pl.col("gaps") >= LEAST_GAPS
    fast = paced & (pl.col("pace") <= FASTEST) & (step <= SECOND)
    regular = paced & (pl.col("unevenness") <= EVENNESS) & (pl.col("pace") >= _STEPS * step)
    score = pl.Series(robust_scores(np.log(visitors["busiest_day"].to_numpy()), LEAST_SPREAD))
    many = (score >= FAR) & (pl.col("busiest_day") >= LEAST_ACTS) & (pl.col("orders") == 0)
    sign = pl.when(fast).then(pl.lit(Sign.FAST.value)).when(regular).then(pl.lit(Sign.REGULAR.value))
    found = visitors.with_columns(sign.when(many).then(pl.lit(Sign.MANY.value)).alias("sign"))
    return found.filter(pl.col("sign").is_not_null()).sort("events", *VISITOR, descending=[True, False, False])


def clock_step(visitors: pl.DataFrame) -> int:
    """Return the step of the clock that nine in ten acts were timed by: a minute, a second, or a microsecond."""
    acts, minutes, seconds = visitors.select(pl.col("acts", "whole_minutes", "whole_seconds").sum()).row(0)
    if minutes >= 0.9 * acts:
        return MINUTE
    return SECOND if seconds >= 0.9 * acts else 1


def without_bots(events: pl.DataFrame) -> pl.DataFrame:
    """Return the events of everybody who does not act like a machine, in their order."""
    bots = find_bots(activity(events)).select(VISITOR)
    if bots.is_empty():
        return events
    named = events.with_columns(anonymous())
    return named.join(bots, on=VISITOR, how="anti", nulls_equal=True, maintain_order="left").drop(ANONYMOUS)


def _median(values: NDArray[Any], weights: NDArray[np.float64]) -> float:
    """Return the least value up to which half of the weight lies."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, below[-1] / 2)])
