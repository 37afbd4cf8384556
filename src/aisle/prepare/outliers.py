"""Outliers: robust z-scores, and visitors who are machines.

Outliers move the mean and the standard deviation that should find them, but hardly the median and the median absolute
deviation, MAD (Iglewicz and Hoaglin, 1993). Counts and prices are compared by their logarithms, as they range over
powers of ten.
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
"""A value with at least this robust z-score is an outlier: by chance, one in half a billion normal values is."""

LEAST_SPREAD: Final = 0.5
"""The least spread of logarithms of counts: an outlier is then at least 20 times the median."""

ANONYMOUS: Final = "anonymous"
"""The column with the session of a visitor who is no known user."""

VISITOR: Final = (USER_ID, ANONYMOUS)
"""The columns that identify a visitor; one of the two is null."""

LEAST_GAPS: Final = 50
"""The fewest pauses between acts by which a visitor counts as too fast or too regular."""

FASTEST: Final = SECOND
"""Half of a person's pauses are longer than this."""

EVENNESS: Final = 0.05
"""Half of a person's pauses differ from the usual one by more than this share of it."""

LEAST_ACTS: Final = 100
"""The fewest acts on the busiest day by which a visitor counts as a machine."""

_STEPS: Final = 5
"""The fewest steps of the log's clock that a pause takes for its evenness to count."""

TO_SIGMA: Final = 1.4826
"""The standard deviation of normal values divided by their MAD."""


class Sign(StrEnum):
    """Why a visitor counts as a machine."""

    FAST = "too fast"
    REGULAR = "too regular"
    MANY = "too many"


class Typical(NamedTuple):
    """The centre of values and their spread."""

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
        How often each value occurs, (values,); once each by default.
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

    Events of one moment are one act, as an order of a hundred lines is sent once. Events with neither user nor session
    are skipped.

    Parameters
    ----------
    events
        Columns `event`, `user_id`, `session_id` and `timestamp`; of each visitor, all events.

    Returns
    -------
    pl.DataFrame
        The columns of `VISITOR`; `events`, `orders` (lines bought), `acts`; `whole_minutes` and `whole_seconds`, the
        acts at a full minute or second; `days` with an act; `busiest_day`, the acts of the day with most; `gaps`, the
        number of pauses of at most half an hour, `pace`, their median in microseconds, and `unevenness`, their MAD as
        a share of the median.
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
    """Return the visitors who act like machines, with the `sign` by which each was found, most events first.

    Too fast: half of the pauses are at most a second. Too regular: the pauses are nearly equal, and long enough for the
    log's clock to measure. Too many: far more acts on a day than visitors usually have, and nothing bought.

    Parameters
    ----------
    visitors
        The result of `activity` for all visitors, among whom outliers are looked for.
    """
    if visitors.is_empty():
        return visitors.with_columns(pl.lit(None, pl.String).alias("sign"))
    step = clock_step(visitors)
    paced = pl.col("gaps") >= LEAST_GAPS
    fast = paced & (pl.col("pace") <= FASTEST) & (step <= SECOND)
    regular = paced & (pl.col("unevenness") <= EVENNESS) & (pl.col("pace") >= _STEPS * step)
    score = pl.Series(robust_scores(np.log(visitors["busiest_day"].to_numpy()), LEAST_SPREAD))
    busy = (score >= FAR) & (pl.col("busiest_day") >= LEAST_ACTS) & (pl.col("orders") == 0)
    sign = pl.when(fast).then(pl.lit(Sign.FAST.value)).when(regular).then(pl.lit(Sign.REGULAR.value))
    signed = visitors.with_columns(sign.when(busy).then(pl.lit(Sign.MANY.value)).alias("sign"))
    return signed.filter(pl.col("sign").is_not_null()).sort("events", *VISITOR, descending=[True, False, False])


def clock_step(visitors: pl.DataFrame) -> int:
    """Return the step of the clock by which nine in ten acts were timed: a minute, a second, or a microsecond."""
    acts, minutes, seconds = visitors.select(pl.col("acts", "whole_minutes", "whole_seconds").sum()).row(0)
    if minutes >= 0.9 * acts:
        return MINUTE
    return SECOND if seconds >= 0.9 * acts else 1


def without_bots(events: pl.DataFrame) -> pl.DataFrame:
    """Return the events of visitors who do not act like machines, in their order."""
    bots = find_bots(activity(events)).select(VISITOR)
    if bots.is_empty():
        return events
    named = events.with_columns(anonymous())
    return named.join(bots, on=VISITOR, how="anti", nulls_equal=True, maintain_order="left").drop(ANONYMOUS)


def _median(values: NDArray[Any], weights: NDArray[np.float64]) -> float:
    """Return the least value at which half of the weight is reached."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, below[-1] / 2)])
