from datetime import datetime

import numpy as np
import pytest

from aisle.shop.moments import DAY, to_moment
from aisle.simulator.seasons import make_calendar

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
