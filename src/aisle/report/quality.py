"""The page about the quality of a shop's data."""

from datetime import date
from typing import TYPE_CHECKING, Final

import polars as pl

from aisle.insights.quality import Quality, Step
from aisle.report.charts import WHOLE_SHARE, Axis, bars, columns
from aisle.report.figure import Figure
from aisle.report.page import render
from aisle.shop import moments
from aisle.shop.columns import CATEGORY, IMAGE_URL, PRICE, TITLE

if TYPE_CHECKING:
    from aisle.app.settings import ShopSection

NAMES: Final = {TITLE: "title", IMAGE_URL: "image", PRICE: "price", CATEGORY: "category"}
"""What the page calls the columns whose coverage it shows."""


def quality_page(quality: Quality, shop: "ShopSection") -> str:
    """Return the page.

    Parameters
    ----------
    quality
        What was found in the data.
    shop
        Whose data it is, and whether the shop is simulated.
    """
    figures = [figure for figure in (_activity(quality), _coverage(quality)) if figure]
    return render("quality.html", shop, (percent,), quality=quality, course=_course(quality), figures=figures)


def percent(share: float) -> str:
    """Write a share; a small one is not shown as 0 %, and nearly all not as 100 %."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    return "> 99.9 %" if 0.999 < share < 1 else f"{100 * share:.1f} %"


def _course(quality: Quality) -> Figure:
    rows = [
        (date.fromisoformat(moments.format_day(period.start)), kind, count)
        for period in quality.course
        for kind, count in period.kinds.items()
    ]
    frame = pl.DataFrame(rows, schema={"from": pl.Date, "kind": pl.String, "events": pl.Int64}, orient="row")
    days = round((quality.course[0].end - quality.course[0].start) / moments.DAY)
    title = f"Events per {'day' if days == 1 else f'{days} days'}, by kind"
    chart = columns(frame, Axis("from", ""), Axis("events", "events"), Axis("kind", ""))
    return Figure(title, chart, frame)


def _activity(quality: Quality) -> Figure | None:
    if not quality.activity:
        return None
    steps = [(_range(step), step.visitors) for step in quality.activity]
    frame = pl.DataFrame(steps, schema={"events": pl.String, "visitors": pl.Int64}, orient="row")
    chart = bars(frame, Axis("visitors", "visitors"), Axis("events", "events of a visitor"))
    return Figure("Visitors by their number of events", chart, frame)


def _coverage(quality: Quality) -> Figure | None:
    if not quality.coverage:
        return None
    shares = [(NAMES[name], share, percent(share)) for name, share in quality.coverage.items()]
    frame = pl.DataFrame(shares, schema={"column": pl.String, "share": pl.Float64, "of items": pl.String}, orient="row")
    chart = bars(frame, Axis("share", "share of items", WHOLE_SHARE), Axis("column", ""), text="of items")
    return Figure("Share of items that have each of these", chart, frame.drop("share"))


def _range(step: Step) -> str:
    if step.most is None:
        return f"{step.least:,} and more"
    return f"{step.least:,}" if step.least == step.most else f"{step.least:,} to {step.most:,}"
