"""Findings about visitors: machines, outliers, and visitors of whom little is known."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from aisle.insights.finding import Finding, Severity, graded
from aisle.insights.tally import COUNT, RATINGS, SIZE, Tally
from aisle.prepare.outliers import FAR, LEAST_SPREAD, VISITOR, find_bots, robust_scores, typical
from aisle.shop.columns import USER_ID
from aisle.shop.moments import SECOND

LEAST_RATINGS: Final = 20
"""The ratings of a shopper with fewer of them say little."""

_STARS_SPREAD: Final = 0.25
_RATER_FAR: Final = 4.0


def people_findings(tally: Tally) -> Iterator[Finding]:
    """Yield the findings about visitors."""
    yield from _bots(tally)
    yield from _busy(tally)
    yield from _long_sessions(tally)
    yield from _nameless(tally)
    yield from _met_once(tally)
    yield from _odd_raters(tally)


def _bots(tally: Tally) -> Iterator[Finding]:
    bots = find_bots(tally.visitors)
    if bots.is_empty():
        return
    events = int(bots["events"].sum())
    first = bots.row(0, named=True)
    pace = "" if first["pace"] is None else f", one act every {first['pace'] / SECOND:.3g} s"
    yield Finding(
        name="bots",
        severity=graded(events / tally.events, 0.001, 0.2),
        what=f"Events of {bots.height:,} visitors who act like machines: too fast, too regular, or too many",
        count=events,
        of=tally.events,
        example=f"{_called(first)}: {first['sign']}, {first['events']:,} events{pace}",
        advice="[train] leave_out_bots = true leaves them out of training; keep crawlers off the tracker.",
    )


def _busy(tally: Tally) -> Iterator[Finding]:
    if tally.visitors.is_empty():
        return
    events = tally.visitors["events"].to_numpy()
    far = robust_scores(np.log(events), LEAST_SPREAD) >= FAR
    if not far.any():
        return
    busiest = tally.visitors.sort("events", *VISITOR, descending=[True, False, False]).row(0, named=True)
    usual = round(typical(events, 0.0).centre)
    yield Finding(
        name="busy_visitors",
        severity=Severity.INFO,
        what=f"Visitors with far more events than the usual {usual:,}",
        count=int(far.sum()),
        of=len(events),
        example=f"{_called(busiest)} with {busiest['events']:,} events",
        advice="Look whether they are staff, tests or resellers; a good customer may stay.",
    )


def _long_sessions(tally: Tally) -> Iterator[Finding]:
    if tally.sessions.is_empty():
        return
    sizes, counts = tally.sessions[SIZE].to_numpy(), tally.sessions[COUNT].to_numpy()
    far = robust_scores(np.log(sizes), LEAST_SPREAD, counts) >= FAR
    if not far.any():
        return
    usual = round(typical(sizes, 0.0, counts).centre)
    yield Finding(
        name="long_sessions",
        severity=Severity.INFO,
        what=f"Sessions with far more events than the usual {usual:,}",
        count=int(counts[far].sum()),
        of=int(counts.sum()),
        example=tally.longest.example,
        advice="Look whether one session_id is shared by many visitors, or a bot is behind it.",
    )


def _nameless(tally: Tally) -> Iterator[Finding]:
    nameless = int(tally.days["nameless"].sum())
    if nameless == 0:
        return
    yield Finding(
        name="nameless_events",
        severity=graded(nameless / tally.events, 0.1, 0.5),
        what="Events with neither a user nor a session",
        count=nameless,
        of=tally.events,
        advice="They count for bestsellers and baskets only. Let the tracker send a session_id for guests.",
    )


def _met_once(tally: Tally) -> Iterator[Finding]:
    buyers = tally.visitors.filter(pl.col("orders") > 0)
    once = buyers.filter(pl.col("days") == 1).height
    if buyers.is_empty() or once / buyers.height < 0.5:
        return
    yield Finding(
        name="one_time_buyers",
        severity=graded(once / buyers.height, 0.8),
        what="Buyers who came on a single day",
        count=once,
        of=buyers.height,
        advice="Personal shelves have little to go by: similar items, frequently bought together and bestsellers carry "
        "this shop. Views and carts would tell more than orders do.",
    )


def _odd_raters(tally: Tally) -> Iterator[Finding]:
    raters = tally.raters.filter(pl.col(RATINGS) >= LEAST_RATINGS)
    if raters.is_empty():
        return
    raters = raters.with_columns((pl.col("stars") / pl.col(RATINGS)).alias("mean"))
    variance = pl.col("squares") / pl.col(RATINGS) - pl.col("mean") ** 2
    flat = raters.filter(variance < 1e-9)
    if flat.height:
        best = flat.sort(RATINGS, USER_ID, descending=[True, False]).row(0, named=True)
        yield Finding(
            name="flat_raters",
            severity=Severity.INFO,
            what=f"Shoppers who gave the same stars to all of {LEAST_RATINGS} items or more",
            count=flat.height,
            of=raters.height,
            example=f"{best[USER_ID]}: {best[RATINGS]:,} times {best['mean']:g} stars",
            advice="Their stars say nothing about taste; look whether they are invented.",
        )
    score = robust_scores(raters["mean"].to_numpy(), _STARS_SPREAD)
    odd = raters.with_columns(pl.Series("score", np.abs(score))).filter(pl.col("score") >= _RATER_FAR)
    if odd.height:
        first = odd.sort("score", USER_ID, descending=[True, False]).row(0, named=True)
        yield Finding(
            name="odd_raters",
            severity=Severity.INFO,
            what=f"Shoppers whose stars lie far from what others give, over {LEAST_RATINGS} ratings or more",
            count=odd.height,
            of=raters.height,
            example=f"{first[USER_ID]}: {first['mean']:.1f} stars on average of {first[RATINGS]:,}",
            advice="Rating models allow for strict and for generous shoppers; look whether these are campaigns.",
        )


def _called(visitor: dict[str, object]) -> str:
    user, session = (visitor[name] for name in VISITOR)
    return f"user {user}" if user is not None else f"session {session}"
