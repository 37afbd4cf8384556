"""One cell of an event: its text to its value, as `validate` parses whole columns."""

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from aisle.ingest.amounts import amount
from aisle.ingest.written import EPOCH_PATTERN, FINITE, ISO_PATTERN, MAX_PRICE, PLAIN_MONEY, WHOLE
from aisle.shop import columns as c
from aisle.shop.currencies import CODES
from aisle.shop.events import ALIASES, BLANKS, normal_name
from aisle.shop.moments import DAY, HOUR, MINUTE, SECOND
from aisle.shop.money import MICROS

_WHOLE: Final = re.compile(WHOLE)
_FINITE: Final = re.compile(FINITE)
_MONEY: Final = re.compile(PLAIN_MONEY)
_ISO: Final = re.compile(ISO_PATTERN)
_EPOCH: Final = re.compile(EPOCH_PATTERN)

_MOST_INT64: Final = 2**63 - 1
_MOST_INT32: Final = 2**31 - 1
_FIRST_DAY: Final = date(1970, 1, 1).toordinal()


def value(name: str, text: str | None) -> Any:
    """Return the value of an event's cell; None if it is empty or cannot be parsed."""
    parse = _PARSERS.get(name)
    return text if parse is None or text is None else parse(text)


def kind(text: str) -> str | None:
    """Return the kind of event that a name stands for."""
    found = ALIASES.get(normal_name(text))
    return None if found is None else found.value


def whole(text: str) -> int | None:
    """Return a whole number."""
    found = _WHOLE.fullmatch(text)
    return int(found[1]) if found else None


def position(text: str) -> int | None:
    """Return a whole number of 32 bits."""
    number = whole(text)
    return None if number is None or not -_MOST_INT32 - 1 <= number <= _MOST_INT32 else number


def finite(text: str) -> float | None:
    """Return a finite number; zero has no sign."""
    found = _FINITE.fullmatch(text)
    number = float(found[1]) if found else math.inf
    return number + 0.0 if math.isfinite(number) else None


def money(text: str) -> int | None:
    """Return an amount of money in millionths."""
    found = _MONEY.fullmatch(text)
    if found is None:
        return amount(text)
    micros = int(found["whole"]) * MICROS + int((found["fraction"] or "").ljust(6, "0"))
    return None if micros > MAX_PRICE else -micros if found["sign"] == "-" else micros


def currency(text: str) -> str | None:
    """Return the code of a currency."""
    code = text.strip(BLANKS).upper()
    return code if code in CODES else None


def moment(text: str) -> int | None:
    """Return a moment that is written as ISO 8601 or as seconds, milliseconds, microseconds or nanoseconds."""
    if found := _ISO.fullmatch(text):
        return _from_iso(found)
    if found := _EPOCH.fullmatch(text):
        return _from_epoch(int(found["whole"]), int((found["fraction"] or "").ljust(9, "0")))
    return None


def _from_iso(found: re.Match[str]) -> int | None:
    try:
        day = date.fromisoformat(found["day"]).toordinal() - _FIRST_DAY
    except ValueError:
        return None
    hour, minute = map(int, (found["clock"] or "00:00").split(":"))
    second = int(found["second"] or 0)
    if hour > 23 or minute > 59 or second > 60:
        return None
    fraction = int((found["fraction"] or "").ljust(6, "0")[:6])
    local = day * DAY + hour * HOUR + minute * MINUTE + second * SECOND + fraction
    return local - _ahead(found["zone"] or "Z")


def _ahead(zone: str) -> int:
    """Return how far a zone such as `+02:00` is ahead of UTC."""
    if zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    ahead = int(digits[:2]) * HOUR + int(digits[2:] or 0) * MINUTE
    return -ahead if zone[0] == "-" else ahead


def _from_epoch(number: int, billionths: int) -> int | None:
    # The limits of `dates`.
    if number < 10**11:
        return number * SECOND + billionths // 1_000
    if number < 10**14:
        return number * 1_000 + billionths // 1_000_000
    if number < 10**17:
        return number
    return number // 1_000 if number <= _MOST_INT64 else None


_PARSERS: Final[dict[str, Callable[[str], Any]]] = {
    c.EVENT: kind,
    c.QUANTITY: whole,
    c.PRICE: money,
    c.COST: money,
    c.CURRENCY: currency,
    c.RATING: finite,
    c.TIMESTAMP: moment,
    c.POSITION: position,
}
