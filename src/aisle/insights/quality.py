"""What is odd in a shop's data, how much of it, and what to do: all findings together, what matters most first."""

from typing import Final

import msgspec
import numpy as np
import polars as pl

from aisle.insights.catalogue import catalogue_findings, coverage
from aisle.insights.finding import ORDER, Finding
from aisle.insights.people import people_findings
from aisle.insights.tally import Tally
from aisle.insights.timeline import Period, periods, timeline_findings
from aisle.insights.values import value_findings
from aisle.prepare.weigh import Weights
from aisle.shop.moments import DAY

EDGES: Final = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000)
"""Where the steps begin in which visitors are counted by their events."""


class Step(msgspec.Struct, frozen=True):
    """How many visitors have from `least` to `most` events; `most` is null in the last step."""

    least: int
    most: int | None
    visitors: int


class Quality(msgspec.Struct, frozen=True):
    """What a shop's data is like."""

    events: int
    visitors: int
    """Users, and sessions without a user."""
    items: int
    """Of the catalogue."""
    first: int
    """The first day, as a moment."""
    last: int
    """The last day, as a moment."""
    findings: list[Finding]
    """What matters most first."""
    course: list[Period]
    """The event mix over time."""
    activity: list[Step]
    """How many events visitors have."""
    coverage: dict[str, float]
    """The share of items that have a title, an image, a price, a category."""


def judge(tally: Tally, catalogue: pl.DataFrame, reviewed: pl.DataFrame, weights: Weights) -> Quality:
    """Return what the data of a shop is like.

    Parameters
    ----------
    tally
        Of all events, at least one.
    catalogue
        `insights.catalogue.COLUMNS` of all items; it may be empty.
    reviewed
        The items of reviews: `item_id` and `count`.
    weights
        They tell which stars the shop's scale has.
    """
    findings = [
        *timeline_findings(tally),
        *value_findings(tally, weights),
        *people_findings(tally),
        *catalogue_findings(tally, catalogue, reviewed),
    ]
    return Quality(
        events=tally.events,
        visitors=tally.visitors.height,
        items=catalogue.height,
        first=tally.days["day"].to_numpy().min().item() * DAY,
        last=tally.days["day"].to_numpy().max().item() * DAY,
        findings=sorted(findings, key=lambda one: (ORDER.index(one.severity), -one.share, one.name)),
        course=periods(tally),
        activity=_steps(tally.visitors),
        coverage=coverage(catalogue),
    )


def _steps(visitors: pl.DataFrame) -> list[Step]:
    """Count visitors by their events, up to the last step that has any."""
    if visitors.is_empty():
        return []
    counts, _ = np.histogram(visitors["events"].to_numpy(), [*EDGES, np.inf])
    ends = [*(edge - 1 for edge in EDGES[1:]), None]
    steps = [Step(least, most, int(count)) for least, most, count in zip(EDGES, ends, counts, strict=True)]
    return steps[: int(np.flatnonzero(counts).max()) + 1]
