"""Moments."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from aisle.shop.moments import DAY, SECOND, follow, format_day, from_moment, now, to_moment


def test_the_epoch_is_zero_and_days_have_24_hours() -> None:
    assert to_moment(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert DAY == 86_400 * SECOND


def test_a_naive_date_is_utc() -> None:
    assert to_moment(datetime(2011, 11, 10)) == to_moment(datetime(2011, 11, 10, tzinfo=UTC))


def test_an_offset_counts() -> None:
    noon_in_helsinki = datetime(2011, 11, 10, 12, tzinfo=timezone(timedelta(hours=2)))
    assert from_moment(to_moment(noon_in_helsinki)) == datetime(2011, 11, 10, 10, tzinfo=UTC)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_dates_survive_to_the_microsecond(when: datetime) -> None:
    assert from_moment(to_moment(when)) == when


def test_a_day_reads_as_iso() -> None:
    assert format_day(to_moment(datetime(2011, 11, 10, 23, 59, tzinfo=UTC))) == "2011-11-10"


def test_now_is_in_microseconds() -> None:
    assert datetime(2020, 1, 1, tzinfo=UTC) < from_moment(now()) < datetime(2200, 1, 1, tzinfo=UTC)


def test_a_process_may_live_by_another_clock() -> None:
    follow(lambda: 42)
    try:
        assert now() == 42
    finally:
        follow(None)
    assert now() > 42
