"""The quality of a shop's data: all findings, what matters most first, and what the data is like."""

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
"""Where the steps begin by which visitors are counted."""


class Step(msgspec.Struct, frozen=True):
    """The number of visitors with `least` to `most` events; `most` is null in the last step."""

    least: int
    most: int | None
    visitors: int


class Quality(msgspec.Struct, frozen=True):
    """The findings about a shop's data, and its figures."""

    events: int
    visitors: int
    """Users, and sessions without a user."""
    items: int
    """In the catalogue."""
    first: int
    """The first day, as a moment."""
    last: int
    """The last day, as a moment."""
    findings: list[Finding]
    """What matters most first."""
    course: list[Period]
    """The event mix over time."""
    activity: list[Step]
    """The number of visitors by their number of events."""
    coverage: dict[str, float]
    """The share of items that have a title, an image, a price, a category."""


def assess(tally: Tally, catalogue: pl.DataFrame, reviewed: pl.DataFrame, weights: Weights) -> Quality:
    """Return the quality of a shop's data.

    Parameters
    ----------
    tally
        Of all events, at least one.
    catalogue
        `insights.catalogue.COLUMNS` of all items; it may be empty.
    reviewed
        The items of reviews: `item_id` and `count`.
    """
    findings = [
        *timeline_findings(tally),
        *value_findings(tally, weights),
        *people_findings(tally),
        *catalogue_findings(tally, catalogue, reviewed),
    ]
    first, last = tally.span()
    return Quality(
        events=tally.events,
        visitors=tally.visitors.height,
        items=catalogue.height,
        first=first * DAY,
        last=last * DAY,
        findings=sorted(findings, key=lambda finding: (ORDER.index(finding.severity), -finding.share, finding.name)),
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
