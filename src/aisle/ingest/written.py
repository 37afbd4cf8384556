"""How values are written as text: the names and patterns that whole columns and single cells are read by.

Reading a column brings Polars, and reading a cell does not: what both need is here.
"""

from typing import Final

from aisle.shop.events import BLANKS
from aisle.shop.money import MICROS

MAX_PRICE: Final = 10**9 * MICROS
"""A billion currency units: a price above it is a mistake of the log, and sums of prices stay within 64 bits."""

BLANK: Final = f"[{BLANKS}]"
"""A blank, as a pattern."""

WHOLE: Final = rf"^{BLANK}*\+?(-?[0-9]{{1,18}})(?:\.0*)?{BLANK}*$"
"""A whole number; `3.0` is one, `3.5` and `1e3` are not."""

FINITE: Final = rf"^{BLANK}*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?){BLANK}*$"
"""A decimal number, perhaps with an exponent."""

PLAIN_MONEY: Final = rf"^{BLANK}*(?P<sign>[+-]?)(?P<whole>[0-9]{{1,10}})(?:\.(?P<fraction>[0-9]{{0,6}}))?{BLANK}*$"
"""An amount of money without currency, exponent or separators of thousands."""

ISO: Final = "iso"
EPOCH: Final = "epoch"
EXCEL: Final = "excel"
"""Days since 1899-12-30, as Excel stores dates: `45292.5` is noon of 2024-01-01."""
ISO_OR_EPOCH: Final = "iso or epoch"
"""The format of values that may differ: `2026-01-31T12:00:00Z` and then 1769860800."""

ISO_PATTERN: Final = (
    rf"^{BLANK}*(?P<day>[1-9][0-9]{{3}}-[0-9]{{2}}-[0-9]{{2}})"
    r"(?:[Tt ](?P<clock>[0-9]{2}:[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    rf"{BLANK}*(?P<zone>[Zz]|UTC|GMT|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)?)?{BLANK}*$"
)
EPOCH_PATTERN: Final = rf"^{BLANK}*(?P<whole>[0-9]{{1,19}})(?:\.(?P<fraction>[0-9]{{1,9}})[0-9]*)?{BLANK}*$"
