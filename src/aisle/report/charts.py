"""Bar charts with error bars: the position of every part. The template only draws them."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from aisle.evaluation.bootstrap import Interval

LEFT: Final = 170.0
"""The left end of the axis; names are left of it."""
RIGHT: Final = 560.0
"""The right end of the axis; figures are right of it."""
WIDTH: Final = 720.0
ROW: Final = 30.0
TICKS: Final = 5
"""The most steps along the axis."""


class Bar(NamedTuple):
    """One bar, in the chart's units; `low` and `high` are the ends of its error bar."""

    label: str
    text: str
    tone: str
    y: float
    start: float
    end: float
    low: float
    high: float


class Tick(NamedTuple):
    """A mark on the axis."""

    x: float
    text: str


class Chart(NamedTuple):
    """A bar chart, `width` by `height`."""

    title: str
    bars: list[Bar]
    ticks: list[Tick]
    zero: float
    width: float
    height: float


class Row(NamedTuple):
    """What a bar shows; `tone` is the CSS class that colours it."""

    label: str
    text: str
    interval: Interval
    tone: str = "plain"


def bar_chart(title: str, rows: Sequence[Row]) -> Chart:
    """Return a chart with a bar for each row, from 0 to the value; the axis covers 0 and every interval."""
    low = min(0.0, *(row.interval.low for row in rows))
    high = max(0.0, *(row.interval.high for row in rows))
    if low == high:
        high = 1.0
    scale = (RIGHT - LEFT) / (high - low)

    def x(value: float) -> float:
        return round(LEFT + (value - low) * scale, 1)

    bars = []
    for place, (label, text, interval, tone) in enumerate(rows):
        start, end = sorted((x(0), x(interval.value)))
        bars.append(Bar(label, text, tone, ROW * place, start, end, x(interval.low), x(interval.high)))
    ticks = [Tick(x(value), f"{value:g}") for value in steps(low, high)]
    return Chart(title, bars, ticks, x(0), WIDTH, ROW * (len(rows) + 1))


def steps(low: float, high: float) -> list[float]:
    """Return round values from low to high: at most `TICKS` steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    # Rounded, so that no tick is 0.30000000000000004.
    digits = max(0, 1 - math.floor(math.log10(step)))
    return [round(count * step, digits) for count in range(math.ceil(low / step), math.floor(high / step) + 1)]
