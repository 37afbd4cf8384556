from datetime import datetime

import narwhals as nw
import polars as pl
import pytest

from aisle.prepare.split import Window, holdout_window, split
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY, to_moment


def moment(text: str) -> int:
    return to_moment(datetime.fromisoformat(text))


def test_a_year_is_judged_on_its_last_four_weeks() -> None:
    window = holdout_window(moment("2010-12-01T08:26"), moment("2011-11-10T20:01"))

    assert window == Window(cut=moment("2011-10-14"), end=moment("2011-11-11"))
    assert window.days == 28


def test_a_short_log_is_judged_on_a_fifth_of_it() -> None:
    window = holdout_window(moment("2024-05-01T12:00"), moment("2024-05-14T12:00"))

    assert window == Window(cut=moment("2024-05-13"), end=moment("2024-05-15"))


def test_the_last_event_is_in_the_window() -> None:
    last = moment("2024-05-14")

    assert holdout_window(last - 30 * DAY, last).end > last


def test_too_short_a_log_is_refused_with_its_dates() -> None:
    with pytest.raises(NotEnoughData, match=r"covers 4 days, 2024-05-01 to 2024-05-04; .* at least 5"):
        holdout_window(moment("2024-05-01T09:00"), moment("2024-05-04T17:00"))


def test_one_day_is_one_day() -> None:
    with pytest.raises(NotEnoughData, match="covers 1 day,"):
        holdout_window(moment("2024-05-01T09:00"), moment("2024-05-01T17:00"))


def test_the_cut_belongs_to_the_future_and_the_end_to_neither() -> None:
    events = nw.from_native(pl.LazyFrame({"timestamp": [9, 10, 19, 20]}))

    past, future = split(events, Window(cut=10, end=20))

    assert past.collect()["timestamp"].to_list() == [9]
    assert future.collect()["timestamp"].to_list() == [10, 19]
