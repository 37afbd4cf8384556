"""Charts as the JSON that browsers draw; how they look is told by `tests/browser/test_charts.py`."""

from datetime import date
from itertools import combinations
from typing import Any

import altair as alt
import numpy as np
import polars as pl
import pytest

from aisle.report.charts import PALETTE, SHARE, Axis, bars, columns, heat, lines

SOLD = pl.DataFrame({"item": ["mug", "jug"], "sold": [3, 1]})
WEEKS = pl.DataFrame(
    {"week": [date(2026, 1, 5), date(2026, 1, 12)] * 2, "kind": ["a", "a", "b", "b"], "events": [1, 2, 3, 4]}
)


def values(chart: Any) -> list[dict[str, Any]]:
    """Return the rows of the chart."""
    [rows] = chart.to_dict()["datasets"].values()
    return list(rows)


def channels(chart: Any) -> dict[str, Any]:
    spec = chart.to_dict()
    found: dict[str, Any] = spec["encoding"]
    return found


def test_bars_stand_in_the_order_of_the_rows_with_their_figures() -> None:
    spec = bars(SOLD, Axis("sold", "pieces"), Axis("item", "item")).to_dict()

    drawn, written = spec["layer"]
    assert drawn["encoding"]["x"]["title"] == "pieces"
    assert drawn["encoding"]["y"]["sort"] is None
    assert written["mark"]["type"] == "text"
    assert [row["item"] for row in next(iter(spec["datasets"].values()))] == ["mug", "jug"]


def test_bars_with_intervals_have_whiskers_from_low_to_high() -> None:
    frame = SOLD.with_columns(low=pl.col("sold") - 1, high=pl.col("sold") + 1)

    layers = bars(frame, Axis("sold", "pieces"), Axis("item", "item")).to_dict()["layer"]

    assert [layer["mark"]["type"] for layer in layers] == ["bar", "errorbar", "text"]
    assert (layers[1]["encoding"]["x"]["field"], layers[1]["encoding"]["x2"]["field"]) == ("low", "high")


def test_a_day_is_one_in_utc_and_its_column_ends_before_the_next_begins() -> None:
    chart = columns(WEEKS, Axis("week", "week"), Axis("events", "events"), Axis("kind", "kind"))

    assert values(chart)[0]["week"] == "2026-01-05"
    assert "2026-01-10" <= values(chart)[0]["until"] < "2026-01-12"
    assert channels(chart)["x"]["scale"] == {"type": "utc"}


def test_columns_of_one_day_can_be_drawn() -> None:
    chart = columns(WEEKS.head(1), Axis("week", "week"), Axis("events", "events"))

    assert values(chart)[0]["until"] == "2026-01-05T20:00Z"


def test_columns_of_words_keep_their_order() -> None:
    assert channels(columns(SOLD, Axis("item", "item"), Axis("sold", "pieces")))["x"]["sort"] is None


def test_every_series_has_its_colour() -> None:
    scale = channels(lines(WEEKS, Axis("week", ""), Axis("events", ""), Axis("kind", "")))["color"]["scale"]

    assert (scale["domain"], scale["range"]) == (["a", "b"], list(PALETTE[:2]))


def test_a_field_from_minus_one_to_one_has_its_middle_at_zero() -> None:
    frame = pl.DataFrame({"x": ["a"], "y": ["b"], "r": [0.5]})

    scale = channels(heat(frame, Axis("x", ""), Axis("y", ""), Axis("r", "", SHARE), diverging=True))["color"]["scale"]

    assert scale == {"domain": [-1, 0, 1], "range": "diverging", "interpolate": "rgb"}


def test_more_rows_than_anybody_sees_are_refused() -> None:
    with pytest.raises(alt.MaxRowsError):
        lines(pl.DataFrame({"x": range(5_001), "y": range(5_001)}), Axis("x", ""), Axis("y", ""), timed=False).to_dict()


# --- The palette ------------------------------------------------------------------------------------------------------

LINEAR_TO_LMS = np.array([[0.31399, 0.63951, 0.04650], [0.15537, 0.75789, 0.08670], [0.01775, 0.10944, 0.87257]])
WITHOUT = {
    "red": np.array([[0, 1.05118, -0.05116], [0, 1, 0], [0, 0, 1]]),
    "green": np.array([[1, 0, 0], [0.95131, 0, 0.04866], [0, 0, 1]]),
}
"""What people without one kind of cone see (Viénot, Brettel and Mollon 1999)."""


def linear(colour: str) -> np.ndarray[Any, Any]:
    channels = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.clip(to_xyz @ rgb / [0.9505, 1, 1.089], 1e-9, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("page", ["#ffffff", "#151b23"])
@pytest.mark.parametrize("colour", PALETTE)
def test_colours_can_be_seen_on_light_and_on_dark(colour: str, page: str) -> None:
    assert contrast(colour, page) >= 2.5


@pytest.mark.parametrize("cone", WITHOUT)
def test_the_first_colours_are_apart_for_the_colour_blind(cone: str) -> None:
    back = np.linalg.inv(LINEAR_TO_LMS)
    seen = [lab(back @ WITHOUT[cone] @ LINEAR_TO_LMS @ linear(colour)) for colour in PALETTE[:4]]

    assert min(float(np.linalg.norm(one - other)) for one, other in combinations(seen, 2)) >= 20
