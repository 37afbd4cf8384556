"""Charts: functions that turn a small frame into an Altair chart. What a chart looks like is said here alone.

Colours of text, lines and heat maps come from the page that shows a chart (`web/static/charts.js`), so that the same
chart is readable on a light and on a dark one. A frame is drawn as it is: whoever makes it sums up first, and Altair
refuses more than 5,000 rows.
"""

from typing import Any, Final, NamedTuple, TypeAlias

import altair as alt
import polars as pl

PALETTE: Final = (
    "#3d85c6", "#e08214", "#0f7f5f", "#cc79a7", "#8073ac", "#a08f00", "#56a4d9", "#d1495b", "#8a94a0", "#a6761d",
)  # fmt: skip
"""The colours of series: apart for the colour-blind, and readable on white and on black."""

BETTER: Final = PALETTE[0]
WORSE: Final = PALETTE[1]
SAME: Final = PALETTE[8]

COUNT: Final = ",.0f"
SHARE: Final = ".1%"
WHOLE_SHARE: Final = ".0%"
FIGURE: Final = "~g"
SHORT: Final = "~s"
MONEY: Final = ",.2f"

Chart: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart


class Axis(NamedTuple):
    """A column of a frame, as an axis shows it."""

    column: str
    title: str
    """What it is, with its unit."""
    format: str = COUNT
    """How d3 writes its numbers."""
    from_zero: bool = True
    """Whether the axis begins at 0."""


def bars(frame: pl.DataFrame, value: Axis, label: Axis, text: str | None = None, tone: str | None = None) -> Chart:
    """Return a horizontal bar for each row, in the order of the rows.

    Parameters
    ----------
    text
        The column with the figure that is written beside each bar; by default, the value.
    tone
        The column with the colour of each bar.
    """
    base = _chart(frame).encode(y=_labels(label))
    coloured = alt.Color(f"{tone}:N", scale=None) if tone else alt.value(PALETTE[0])
    drawn = base.mark_bar(height={"band": 0.7}, cornerRadius=2).encode(
        x=_x(value), color=coloured, tooltip=_tooltip(frame, label, value)
    )
    layers = [drawn, _figures(base, value, text)]
    if "low" in frame.columns:
        layers.insert(1, _whiskers(base, value))
    return _wide(alt.layer(*layers).properties(height=28 * max(1, frame.height)))


def columns(frame: pl.DataFrame, x: Axis, value: Axis, series: Axis | None = None) -> Chart:
    """Return vertical columns over days, or over the values of a column in their order; series are stacked."""
    tooltip = _tooltip(frame, x, *([series] if series else []), value)
    colour = _series(frame, series) if series else alt.value(PALETTE[0])
    if frame.schema[x.column] == pl.Date:
        base = _chart(_stacked(frame, x.column, value.column))
        top = alt.Y(f"{_TOP}:Q", title=value.title, axis=alt.Axis(format=value.format, tickCount=5))
        drawn = base.mark_rect().encode(x=_time(x), x2=f"{_UNTIL}:T", y=top, y2=f"{_BASE}:Q")
    else:
        across = alt.X(f"{x.column}:O", title=x.title, sort=None, axis=_upright())
        drawn = _chart(frame).mark_bar().encode(x=across, y=_y(value))
    return _wide(drawn.encode(color=colour, tooltip=tooltip).properties(height=240))


def lines(frame: pl.DataFrame, x: Axis, y: Axis, series: Axis | None = None, timed: bool = True) -> Chart:
    """Return a line for each series."""
    across: Any = _time(x) if timed else _x(x)
    encoded = _chart(frame).encode(x=across, y=_y(y), tooltip=_tooltip(frame, x, *([series] if series else []), y))
    colour = _series(frame, series) if series else alt.value(PALETTE[0])
    drawn = encoded.mark_line(point={"size": 24} if frame.height <= 400 else False, interpolate="linear")
    return _wide(drawn.encode(color=colour).properties(height=260))


def intervals(frame: pl.DataFrame, value: Axis, label: Axis, tone: str) -> Chart:
    """Return a dot with its interval, the columns `low` and `high`, for each row, beside a line at 0.

    Parameters
    ----------
    tone
        The column with the colour of each row.
    """
    base = _chart(frame).encode(y=_labels(label), color=alt.Color(f"{tone}:N", scale=None))
    dots = base.mark_point(filled=True, size=70).encode(x=_x(value), tooltip=_tooltip(frame, label, value))
    nothing = alt.Chart().mark_rule(strokeDash=[4, 4], aria=False).encode(x=alt.datum(0))
    return _wide(
        alt.layer(_whiskers(base, value), dots, nothing, data=base.data).properties(height=max(26 * frame.height, 60))
    )


def band(frame: pl.DataFrame, x: Axis, value: Axis) -> Chart:
    """Return a line over days in the band of its interval, the columns `low` and `high`, beside a line at 0."""
    base = _chart(frame).encode(x=_time(x))
    around = base.mark_area(opacity=0.25, color=PALETTE[0]).encode(y=alt.Y("low:Q", title=value.title), y2="high:Q")
    line = base.mark_line(point=True, color=PALETTE[0]).encode(y=_y(value), tooltip=_tooltip(frame, x, value))
    nothing = alt.Chart().mark_rule(strokeDash=[4, 4], aria=False).encode(y=alt.datum(0))
    return _wide(alt.layer(around, line, nothing, data=base.data).properties(height=240))


def heat(frame: pl.DataFrame, x: Axis, y: Axis, value: Axis, diverging: bool = False) -> Chart:
    """Return a field of coloured cells; numbers rise, words stand in the order in which they come.

    Parameters
    ----------
    diverging
        Values go from −1 to 1, and 0 is the middle.
    """
    middle = alt.Scale(domain=[-1, 0, 1], range="diverging", interpolate="rgb")
    scale = middle if diverging else alt.Scale(range="heatmap", zero=True)
    across = alt.X(f"{x.column}:O", title=x.title, sort=_order(frame, x), axis=_upright())
    drawn = _chart(frame).encode(
        x=across,
        y=alt.Y(f"{y.column}:O", title=y.title, sort=_order(frame, y), axis=alt.Axis(labelLimit=220)),
        color=alt.Color(f"{value.column}:Q", title=value.title, scale=scale, legend=alt.Legend(format=value.format)),
        tooltip=_tooltip(frame, y, x, value),
    )
    return _wide(drawn.mark_rect().properties(height=max(26 * frame[y.column].n_unique(), 110)))


_DATE: Final = "%e %b %Y"

_UNTIL: Final = "until"
_TOP: Final = "top"
_BASE: Final = "base"
"""The columns with the ends of a piece of a column on an axis of days."""

# --- Parts of charts --------------------------------------------------------------------------------------------------


def _chart(frame: pl.DataFrame) -> alt.Chart:
    dates = [name for name, dtype in frame.schema.items() if dtype == pl.Date]
    # A day without a time is one in UTC for browsers, wherever they are.
    return alt.Chart(frame.with_columns(pl.col(dates).dt.strftime("%Y-%m-%d")) if dates else frame)


def _stacked(frame: pl.DataFrame, x: str, value: str) -> pl.DataFrame:
    """Add where the piece of each row begins and ends: above those before it, below 0 if it is negative.

    Columns are a little narrower than the shortest distance between two days.
    """
    days = frame[x].unique().sort().to_physical()
    apart = min(days.diff().drop_nulls().to_list(), default=1)
    above, below = pl.col(value).clip(lower_bound=0), pl.col(value).clip(upper_bound=0)
    top = pl.when(pl.col(value) >= 0).then(above.cum_sum().over(x)).otherwise(below.cum_sum().over(x))
    ends = pl.col(x).cast(pl.Datetime("ms")) + pl.duration(hours=round(24 * apart * 0.85))
    until = ends.dt.strftime("%Y-%m-%dT%H:%MZ")
    return frame.with_columns(until.alias(_UNTIL), top.alias(_TOP), (top - pl.col(value)).alias(_BASE))


def _wide(chart: Chart) -> Chart:
    return chart.properties(width="container", autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))


def _x(axis: Axis) -> alt.X:
    return alt.X(
        f"{axis.column}:Q", title=axis.title, axis=alt.Axis(format=axis.format, tickCount=6), scale=_scale(axis)
    )


def _y(axis: Axis) -> alt.Y:
    return alt.Y(
        f"{axis.column}:Q", title=axis.title, axis=alt.Axis(format=axis.format, tickCount=5), scale=_scale(axis)
    )


def _scale(axis: Axis) -> alt.Scale:
    return alt.Scale(zero=axis.from_zero)


def _labels(label: Axis) -> alt.Y:
    return alt.Y(f"{label.column}:N", title=label.title, sort=None, axis=alt.Axis(labelLimit=360))


def _time(axis: Axis) -> alt.X:
    labels = alt.Axis(labelOverlap=True, format=_DATE)
    return alt.X(f"{axis.column}:T", title=axis.title, scale=alt.Scale(type="utc"), axis=labels)


def _order(frame: pl.DataFrame, axis: Axis) -> Any:
    return sorted(frame[axis.column].unique()) if frame.schema[axis.column].is_numeric() else None


def _upright() -> alt.Axis:
    return alt.Axis(labelAngle=0, labelOverlap=True)


def _series(frame: pl.DataFrame, series: Axis) -> alt.Color:
    names = frame[series.column].unique(maintain_order=True).to_list()
    return alt.Color(
        f"{series.column}:N",
        title=series.title,
        scale=alt.Scale(domain=names, range=[PALETTE[place % len(PALETTE)] for place in range(len(names))]),
        legend=alt.Legend(orient="bottom", columns=4, labelLimit=220),
    )


def _whiskers(base: alt.Chart, value: Axis) -> Any:
    ends = alt.X("low:Q", title=value.title)
    return base.mark_errorbar(ticks=True).encode(x=ends, x2="high:Q")


def _figures(base: alt.Chart, value: Axis, text: str | None) -> Any:
    written = alt.Text(f"{text}:N") if text else alt.Text(f"{value.column}:Q", format=value.format)
    return base.mark_text(align="left", dx=8).encode(x=alt.value("width"), text=written)


def _tooltip(frame: pl.DataFrame, *axes: Axis) -> list[alt.Tooltip]:
    return [_told(frame, axis) for axis in axes]


def _told(frame: pl.DataFrame, axis: Axis) -> alt.Tooltip:
    dtype = frame.schema[axis.column]
    if dtype == pl.Date:
        return alt.Tooltip(f"{axis.column}:N", title=axis.title)
    if dtype.is_numeric():
        return alt.Tooltip(f"{axis.column}:Q", title=axis.title, format=axis.format)
    return alt.Tooltip(f"{axis.column}:N", title=axis.title)
