from datetime import datetime

import numpy as np
import polars as pl
import pytest

from aisle.shop.moments import DAY, to_moment
from aisle.simulator.seasons import make_calendar
from aisle.simulator.simulation import Part
from aisle.simulator.vocabulary import LEAVES
from tests.simulator.kinds import VIEWED

END = to_moment(datetime(2026, 3, 1))


def test_the_calendar_covers_the_days_before_its_end() -> None:
    calendar = make_calendar(END, 30)
    assert (calendar.days, calendar.start, calendar.end) == (30, END - 30 * DAY, END)
    assert calendar.arrivals[0] == 0
    assert calendar.arrivals[-1] == 1
    assert (np.diff(calendar.arrivals) > 0).all()


def test_days_are_counted_from_the_first_midnight() -> None:
    calendar = make_calendar(END, 30)
    moments = np.array([calendar.start, calendar.start + DAY - 1, calendar.start + DAY, END - 1])
    assert calendar.day_of(moments).tolist() == [0, 0, 1, 29]


def test_nobody_comes_before_the_first_day_of_his_own() -> None:
    calendar = make_calendar(END, 30)
    first = np.repeat([0.0, 10.0, 29.0], 1_000)
    days = calendar.day_of(calendar.draw_moments(np.random.default_rng(0), first))
    assert (days >= first).all()
    assert (days < 30).all()
    assert days[:1_000].mean() == pytest.approx(14.5, abs=1.5)


def test_evenings_and_sundays_are_busy(part: Part) -> None:
    when = part.events.filter(VIEWED)["timestamp"].cast(pl.Datetime("us")).dt
    hours = np.bincount(when.hour(), minlength=24)
    weekdays = np.bincount(when.weekday(), minlength=8)[1:]
    assert hours[20] > 10 * hours[4]
    assert weekdays.argmax() == 6


@pytest.mark.parametrize(
    ("path", "high", "low"),
    [
        ("Toys > Building > Construction sets", (30, 60), (90, 120)),
        ("Fashion > Accessories > Scarves & gloves", (30, 60), (90, 120)),
        ("Garden > Plants > Seeds & bulbs", (90, 120), (30, 60)),
    ],
)
def test_categories_have_their_season(
    happenings: pl.DataFrame, path: str, high: tuple[int, int], low: tuple[int, int]
) -> None:
    leaf = [category.path for category in LEAVES].index(path)
    viewed = happenings.filter(VIEWED)

    def share(days: tuple[int, int]) -> float:
        then = viewed.filter(pl.col("day").is_between(*days, closed="left"))
        return float((then["leaf"] == leaf).mean())  # type: ignore[arg-type]

    assert share(high) > 1.3 * share(low)
