"""Text to numbers and to yes or no: whole numbers, finite decimals and money, exact to the millionth."""

import re
import unicodedata
from decimal import Decimal
from typing import Final

import polars as pl

from aisle.shop.events import BLANKS
from aisle.shop.money import MICROS, to_micros

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

# How an amount may be written, without the currency. A single comma before three digits could be a decimal comma or a
# separator of thousands, and fits none.
_DECIMAL_POINT: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_DECIMAL_COMMA: Final = re.compile(r"[+-]?[0-9]+,([0-9]{1,2}|[0-9]{4,})")
_COMMA_GROUPS: Final = re.compile(r"[+-]?[0-9]{1,3}((,[0-9]{3})+\.[0-9]+|(,[0-9]{3}){2,})")
_POINT_GROUPS: Final = re.compile(r"[+-]?[0-9]{1,3}((\.[0-9]{3})+,[0-9]+|(\.[0-9]{3}){2,})")
_SPACE_GROUPS: Final = re.compile(r"[+-]?[0-9]{1,3}([ '’][0-9]{3})+([.,][0-9]+)?")
_CURRENCY_WORD: Final = re.compile(r"^[A-Z]{3}\s+|\s+[A-Z]{3}$|R(?=\$)")
_LONGEST_AMOUNT: Final = 40

_YES: Final = ("true", "yes", "y", "1", "t")
_NO: Final = ("false", "no", "n", "0", "f")

# How product feeds spell `availability`, in lower case and without spaces. A pre-order is an order.
_AVAILABLE: Final = ("instock", "preorder", "backorder", "limitedavailability", "onlineonly")
_UNAVAILABLE: Final = ("outofstock", "soldout", "discontinued")


def whole(text: pl.Expr) -> pl.Expr:
    """Return whole numbers (Int64), null for other text."""
    return text.str.extract(WHOLE).cast(pl.Int64, strict=False)


def finite(text: pl.Expr) -> pl.Expr:
    """Return finite numbers (Float64), null for other text."""
    number = text.str.extract(FINITE).cast(pl.Float64, strict=False)
    # Zero without a sign, as some databases keep the sign and others do not.
    return pl.when(number.is_finite() & (number != 0)).then(number).when(number == 0).then(pl.lit(0.0))


def truth(text: pl.Expr) -> pl.Expr:
    """Return yes or no (Boolean), null for other text."""
    return _yes_or_no(text.str.strip_chars().str.to_lowercase(), _YES, _NO)


def in_stock(text: pl.Expr) -> pl.Expr:
    """Return whether an item can be ordered (Boolean): yes, no, or a word of product feeds such as `out_of_stock`."""
    word = text.str.to_lowercase().str.replace(r"^\s*https?://schema\.org/", "").str.replace_all(r"[\s_-]", "")
    return _yes_or_no(word, (*_YES, *_AVAILABLE), (*_NO, *_UNAVAILABLE))


def _yes_or_no(word: pl.Expr, yes: tuple[str, ...], no: tuple[str, ...]) -> pl.Expr:
    return pl.when(word.is_in(yes)).then(True).when(word.is_in(no)).then(False)


def money(text: pl.Series) -> pl.Series:
    """Return amounts of money (Int64 millionths, exact), null for other text and for more than a billion.

    Plain decimals are parsed as a column; others, such as `£1,234.50`, `12,50 €` or `1e-3`, one by one.
    """
    part = pl.col("text").str.extract_groups(PLAIN_MONEY).struct.field
    micros = part("whole").cast(pl.Int64) * MICROS + part("fraction").fill_null("").str.pad_end(6, "0").cast(pl.Int64)
    signed = pl.when(part("sign") == "-").then(-micros).otherwise(micros)
    frame = text.to_frame("text").with_columns(signed.alias("plain"))
    odd = frame.filter(pl.col("plain").is_null() & pl.col("text").is_not_null())["text"].unique()
    if not odd.is_empty():
        amounts = {written: amount(written) for written in odd.to_list()}
        parsed = pl.col("text").replace_strict(amounts, default=None, return_dtype=pl.Int64)
        frame = frame.with_columns(pl.coalesce("plain", parsed))
    return frame.select(pl.when(pl.col("plain").abs() <= MAX_PRICE).then(pl.col("plain")).alias(text.name))[text.name]


def amount(text: str) -> int | None:
    """Return an amount as millionths, with or without currency and thousands separators; None if it is ambiguous."""
    if len(text) > _LONGEST_AMOUNT:
        return None
    bare = _without_currency(unicodedata.normalize("NFKC", text).strip())
    if _DECIMAL_POINT.fullmatch(bare):
        plain = bare
    elif _DECIMAL_COMMA.fullmatch(bare):
        plain = bare.replace(",", ".")
    elif _COMMA_GROUPS.fullmatch(bare):
        plain = bare.replace(",", "")
    elif _POINT_GROUPS.fullmatch(bare):
        plain = bare.replace(".", "").replace(",", ".")
    elif _SPACE_GROUPS.fullmatch(bare):
        plain = re.sub(r"[ '’]", "", bare).replace(",", ".")
    else:
        return None
    micros = to_micros(Decimal(plain))
    return micros if abs(micros) <= MAX_PRICE else None


def _without_currency(text: str) -> str:
    worded = _CURRENCY_WORD.sub("", text)
    return "".join(letter for letter in worded if unicodedata.category(letter) != "Sc").strip()
