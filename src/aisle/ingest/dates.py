"""Text to moments: ISO 8601, epoch numbers and the day-first or month-first dates that shops export.

A column has one format. It is given, or detected from the first rows: the one that reads most of them as moments that a
shop's log can hold. Where day-first and month-first fit a column equally well, day-first is chosen, but month-first for
times with AM and PM.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from aisle.ingest.written import BLANK, EPOCH, EPOCH_PATTERN, EXCEL, ISO, ISO_OR_EPOCH, ISO_PATTERN
from aisle.shop.errors import FormatError
from aisle.shop.events import EARLIEST, MAX_AHEAD
from aisle.shop.moments import DAY, SECOND

EXCEL_PATTERN: Final = rf"^{BLANK}*([0-9]{{1,5}}(?:\.[0-9]+)?){BLANK}*$"

_DAY_FIRST: Final = ("%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d.%m.%y", "%d-%m-%Y")
_MONTH_FIRST: Final = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y")
_PLAIN: Final = ("%Y/%m/%d", "%Y%m%d", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y")
_CLOCKS: Final = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S%.f")
_HALF_DAY_CLOCKS: Final = (" %I:%M %p", " %I:%M:%S %p")
_PATTERNS: Final = tuple(
    day + clock
    for days, clocks in (
        (_PLAIN + _DAY_FIRST + _MONTH_FIRST, _CLOCKS),
        (_PLAIN + _MONTH_FIRST + _DAY_FIRST, _HALF_DAY_CLOCKS),
    )
    for clock, day in product(clocks, days)
)

_SAMPLE: Final = 2_000
_EXCEL_DAY_OF_1970: Final = 25_569


@dataclass(frozen=True)
class DateRule:
    """How a column writes its moments.

    Attributes
    ----------
    format
        `iso`, `epoch`, `iso or epoch`, `excel`, or a pattern of strptime's directives.
    timezone
        IANA name, for times without an offset. When clocks are put back, a local time that comes twice counts as the
        first; when they are put forward, a skipped one counts with the offset before the change.
    """

    format: str
    timezone: str = "UTC"

    def parse(self, text: pl.Expr) -> pl.Expr:
        """Return the moments (Int64 microseconds), null where the text is not of this format."""
        if self.format == ISO:
            return _parse_iso(text, self.timezone)
        if self.format == EPOCH:
            return _parse_epoch(text)
        if self.format == EXCEL:
            return _parse_excel(text, self.timezone)
        if self.format == ISO_OR_EPOCH:
            return pl.coalesce(_parse_iso(text, self.timezone), _parse_epoch(text))
        return _parse_pattern(text, self.format, self.timezone)


def detect(text: pl.Series, timezone: str, now: int, earliest: int = EARLIEST) -> DateRule:
    """Detect the format of a column: the one that reads most of its first values as moments of a shop's log.

    Parameters
    ----------
    text
        String, any length; the first 2,000 values that are not null are used.
    now, earliest
        A date counts as evidence if it is between `earliest` and a day after `now`.
    """
    sample = text.drop_nulls().head(_SAMPLE).to_frame("text")
    best, most = DateRule(ISO, timezone), (0, 0)
    for pattern in (ISO, EPOCH, EXCEL, *_PATTERNS):
        rule = DateRule(pattern, timezone)
        moments = sample.select(rule.parse(pl.col("text")).alias("moment"))["moment"].drop_nulls()
        plausible = int(moments.is_between(earliest, now + MAX_AHEAD).sum())
        if (plausible, len(moments)) > most:
            best, most = rule, (plausible, len(moments))
        if plausible == sample.height:
            break
    return best


def check_timezone(name: str) -> str:
    """Return the name of a time zone, or raise `FormatError` if it does not exist."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise FormatError(f"timezone {name!r} is unknown; write an IANA name such as Europe/London") from None
    return name


def check_date_format(pattern: str) -> str:
    """Return a date format as `DateRule` takes it, or raise `FormatError` if it does not tell a day."""
    if pattern in (ISO, EPOCH, EXCEL, ISO_OR_EPOCH):
        return pattern
    noon = datetime(2024, 11, 23, 12, 34, 56, tzinfo=UTC)
    plain = pattern.replace("%.f", ".%f")
    try:
        reads = datetime.strptime(noon.strftime(plain), plain).date() == noon.date()
    except ValueError:
        reads = False
    if not reads or "%f" in plain.replace(".%f", ""):
        raise FormatError(
            f"date format {pattern!r} does not tell a day; "
            "write iso, epoch, excel, or a pattern such as '%d/%m/%Y %H:%M'"
        )
    return pattern


def _parse_iso(text: pl.Expr, timezone: str) -> pl.Expr:
    part = text.str.extract_groups(ISO_PATTERN).struct.field
    seconds = pl.concat_str(
        part("day"), part("clock").fill_null("00:00"), part("second").fill_null("00"), separator=":"
    )
    local = seconds.str.to_datetime("%Y-%m-%d:%H:%M:%S", time_unit="us", strict=False)
    fraction = part("fraction").str.pad_end(6, "0").str.head(6).cast(pl.Int64, strict=False).fill_null(0)
    zone = part("zone")
    hours = zone.str.slice(1, 2).cast(pl.Int64, strict=False)
    minutes = zone.str.slice(3).str.strip_chars(":").cast(pl.Int64, strict=False).fill_null(0)
    ahead = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1) * (hours * 60 + minutes).fill_null(0)
    moment = (
        pl.when(zone.is_null())
        .then(_from_local(local, timezone))
        .otherwise(local.cast(pl.Int64) - ahead * (60 * SECOND))
    )
    return moment + fraction


def _parse_epoch(text: pl.Expr) -> pl.Expr:
    part = text.str.extract_groups(EPOCH_PATTERN).struct.field
    whole = part("whole").cast(pl.Int64, strict=False)
    billionths = part("fraction").str.pad_end(9, "0").cast(pl.Int64, strict=False).fill_null(0)
    # Seconds of any date up to the year 5138 are below 10^11; milliseconds of any since 1973 are not.
    return (
        pl.when(whole < 10**11)
        .then(whole * SECOND + billionths // 1_000)
        .when(whole < 10**14)
        .then(whole * 1_000 + billionths // 1_000_000)
        .when(whole < 10**17)
        .then(whole)
        .otherwise(whole // 1_000)
    )


def _parse_excel(text: pl.Expr, timezone: str) -> pl.Expr:
    days = text.str.extract(EXCEL_PATTERN).cast(pl.Float64, strict=False)
    # To the second: files often hold five decimals of a day, less than a second.
    seconds = ((days - _EXCEL_DAY_OF_1970) * (DAY // SECOND)).round().cast(pl.Int64)
    return _from_local((seconds * SECOND).cast(pl.Datetime("us")), timezone)


def _parse_pattern(text: pl.Expr, pattern: str, timezone: str) -> pl.Expr:
    stripped = text.str.strip_chars()
    chrono = pattern.replace(".%f", "%.f")
    if not any(directive in chrono for directive in ("%H", "%I", "%T", "%R")):
        return _from_local(stripped.str.to_date(chrono, strict=False).cast(pl.Datetime("us")), timezone)
    if "%z" in chrono:
        return stripped.str.to_datetime(chrono, time_unit="us", time_zone="UTC", strict=False).cast(pl.Int64)
    return _from_local(stripped.str.to_datetime(chrono, time_unit="us", strict=False), timezone)


def _from_local(local: pl.Expr, timezone: str) -> pl.Expr:
    if timezone == "UTC":
        return local.cast(pl.Int64)
    moment = local.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null").cast(pl.Int64)
    day_before = (local - pl.duration(days=1)).dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    return pl.coalesce(moment, day_before.cast(pl.Int64) + DAY)
