"""Text to moments."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.ingest.dates import DateRule, check_date_format, check_timezone, detect
from aisle.ingest.written import EPOCH, EXCEL, ISO, ISO_OR_EPOCH
from aisle.shop.errors import FormatError
from aisle.shop.moments import from_moment, to_moment
from tests.ingest.files import NOW


def parse(text: str | None, rule: DateRule) -> datetime | None:
    """Return one text as a date."""
    moment = pl.DataFrame({"text": [text]}, {"text": pl.String}).select(moment=rule.parse(pl.col("text")))["moment"][0]
    return None if moment is None else from_moment(moment)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]  # the parts of a date, as many as are given


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2011-11-10", utc(2011, 11, 10)),
        ("2011-11-10 08:26", utc(2011, 11, 10, 8, 26)),
        ("2011-11-10T08:26:30", utc(2011, 11, 10, 8, 26, 30)),
        ("2011-11-10T08:26:30.5Z", utc(2011, 11, 10, 8, 26, 30, 500_000)),
        ("2011-11-10 08:26:30.1234567 UTC", utc(2011, 11, 10, 8, 26, 30, 123_456)),
        ("2011-11-10T08:26:30+02:00", utc(2011, 11, 10, 6, 26, 30)),
        ("2011-11-10T08:26:30-0330", utc(2011, 11, 10, 11, 56, 30)),
        ("2011-11-10T08:26:30+02", utc(2011, 11, 10, 6, 26, 30)),
        ("2011-13-10", None),
        ("2011-11-10T25:00", None),
        ("10/11/2011", None),
        ("２０１１-11-10", None),
        (None, None),
    ],
)
def test_iso_dates_are_read(text: str | None, when: datetime | None) -> None:
    assert parse(text, DateRule(ISO)) == when


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("1433222501", utc(2015, 6, 2, 5, 21, 41)),
        ("1433222501.25", utc(2015, 6, 2, 5, 21, 41, 250_000)),
        ("1433222501000", utc(2015, 6, 2, 5, 21, 41)),
        ("1433222501000.5", utc(2015, 6, 2, 5, 21, 41, 500)),
        ("1433222501000001", utc(2015, 6, 2, 5, 21, 41, 1)),
        ("1433222501000001999", utc(2015, 6, 2, 5, 21, 41, 1)),
        ("0", utc(1970, 1, 1)),
        ("9999999999999999999", None),
        ("-5", None),
        ("nan", None),
    ],
)
def test_epoch_numbers_are_read_by_their_size(text: str, when: datetime | None) -> None:
    assert parse(text, DateRule(EPOCH)) == when


def test_the_api_takes_either() -> None:
    rule = DateRule(ISO_OR_EPOCH)
    assert parse("1433222501", rule) == parse("2015-06-02T05:21:41Z", rule)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_iso_dates_are_exact_to_the_microsecond(when: datetime) -> None:
    assert parse(when.isoformat(), DateRule(ISO)) == when
    assert parse(str(to_moment(when)), DateRule(EPOCH)) == when


@pytest.mark.parametrize(
    ("local", "when"),
    [
        ("2011-07-01 12:00", utc(2011, 7, 1, 11)),
        ("2011-12-01 12:00", utc(2011, 12, 1, 12)),
        ("2011-07-01T12:00Z", utc(2011, 7, 1, 12)),
        ("2011-10-30 01:30", utc(2011, 10, 30, 0, 30)),
        ("2011-03-27 01:30", utc(2011, 3, 27, 1, 30)),
    ],
    ids=["summer", "winter", "an offset wins", "came twice: the first", "skipped: the offset before"],
)
def test_local_times_count_in_their_zone(local: str, when: datetime) -> None:
    assert parse(local, DateRule(ISO, "Europe/London")) == when


@pytest.mark.parametrize(
    ("texts", "pattern"),
    [
        (["01/02/2020", "31/01/2020"], "%d/%m/%Y"),
        (["01/02/2020", "01/31/2020"], "%m/%d/%Y"),
        (["1/2/2020 3:04", "31/1/2020 3:04"], "%d/%m/%Y %H:%M"),
        (["1/31/20 3:04"], "%m/%d/%y %H:%M"),
        (["01/02/2020"], "%d/%m/%Y"),
        (["01/02/2020 3:04 PM"], "%m/%d/%Y %I:%M %p"),
        (["31.01.2020 10:00:00"], "%d.%m.%Y %H:%M:%S"),
        (["01-Jan-2005"], "%d-%b-%Y"),
        (["Dec 3, 2011"], "%b %d, %Y"),
        (["2011/12/03 10:00"], "%Y/%m/%d %H:%M"),
        (["20111203"], "%Y%m%d"),
        (["1433222501"], EPOCH),
        (["45292.5", "45293"], EXCEL),
        (["2011-12-03", None], ISO),
        (["soon"], ISO),
        ([None], ISO),
    ],
)
def test_the_format_of_a_column_is_told_from_its_values(texts: list[str | None], pattern: str) -> None:
    assert detect(pl.Series(texts, dtype=pl.String), "UTC", NOW).format == pattern


def test_the_future_is_evidence_too() -> None:
    # On 2026-09-21, the ninth of December has not been yet.
    assert detect(pl.Series(["09/12/2026"]), "UTC", NOW).format == "%m/%d/%Y"


def test_the_majority_of_mixed_formats_wins() -> None:
    mixed = pl.Series(["31/01/2020", "30/01/2020", "01/29/2020"])
    assert detect(mixed, "UTC", NOW).format == "%d/%m/%Y"


@pytest.mark.parametrize(
    ("text", "pattern", "when"),
    [
        ("10.11.2011 08:26", "%d.%m.%Y %H:%M", utc(2011, 11, 10, 8, 26)),
        ("10.11.2011", "%d.%m.%Y", utc(2011, 11, 10)),
        ("2011-11-10 08:26:30.25", "%Y-%m-%d %H:%M:%S.%f", utc(2011, 11, 10, 8, 26, 30, 250_000)),
        ("2011-11-10 08:26:30 +0200", "%Y-%m-%d %H:%M:%S %z", utc(2011, 11, 10, 6, 26, 30)),
        ("11/10/2011", "%d.%m.%Y", None),
        ("45292.58333", EXCEL, utc(2024, 1, 1, 14)),
        ("45292", EXCEL, utc(2024, 1, 1)),
        ("2024-01-01", EXCEL, None),
    ],
)
def test_a_given_pattern_is_the_only_one(text: str, pattern: str, when: datetime | None) -> None:
    assert parse(text, DateRule(check_date_format(pattern))) == when


@pytest.mark.parametrize("pattern", ["%H:%M", "%Q", "soon", "", "%Y-%m", "%Y-%m-%d %f", "%Y-%m-%d %"])
def test_a_pattern_that_tells_no_day_is_refused(pattern: str) -> None:
    with pytest.raises(FormatError, match="does not tell a day"):
        check_date_format(pattern)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc", "europe london", "a\x00b"])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(FormatError, match="is unknown; write an IANA name such as Europe/London"):
        check_timezone(name)
