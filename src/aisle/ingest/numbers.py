"""Text to numbers and to yes or no: whole numbers, finite decimals and money, exact to the millionth."""

from typing import Final

import polars as pl

from aisle.ingest.amounts import amount
from aisle.ingest.written import FINITE, MAX_PRICE, PLAIN_MONEY, WHOLE
from aisle.shop.money import MICROS

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
