"""Online Retail and Online Retail II (UCI): the invoice lines of a British gift shop.

Invoices that start with C are cancellations and become refunds. Lines without a customer are kept, without a user.
Rejected are codes that are no products (postage, carriage, manual corrections, discounts, samples, bank and
marketplace fees, charity commission, gift vouchers, adjustments, tests), bad-debt invoices, and stock corrections:
lines with neither a price nor a customer. An item that a customer gets for nothing is a purchase like any other.
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from aisle.ingest.batch import REJECTED, ROW, Mapped, RawBatch
from aisle.ingest.formats.catalogue import Catalogue
from aisle.ingest.formats.format import Format, Sheet, numbered
from aisle.shop import columns as c

_NO_PRODUCT: Final = (
    r"(?i)^(POST|DOT|C2|C3|M|D|S|B|BANK CHARGES|AMAZONFEE|CRUK|ADJUST[0-9]*|TEST[0-9]+|GIFT|gift_[0-9]+_[0-9]+)$"
    # A fee whose number looks like a product's: Next Day Carriage.
    r"|^23444$"
)
_SECOND_EDITION: Final = {"Invoice": "InvoiceNo", "Price": "UnitPrice", "Customer ID": "CustomerID"}


def _lines(batches: Iterator[RawBatch]) -> Iterator[Mapped]:
    catalogue = Catalogue()
    for raw in batches:
        lines = numbered(raw.frame).rename(_SECOND_EDITION, strict=False)
        events = lines.select(ROW, *_event(), _rejected().alias(REJECTED), pl.col("Description").alias(c.TITLE))
        sold = events.filter(pl.col(REJECTED).is_null() & (pl.col(c.EVENT) == "purchase") & ~_is_zero(c.PRICE))
        catalogue.add(sold.select(c.ITEM_ID, c.TITLE, c.PRICE, c.CURRENCY))
        yield Mapped("events", events.drop(c.TITLE), raw)
    yield from catalogue.mapped(raw)


def _event() -> list[pl.Expr]:
    returned = _starts("C") | pl.col("Quantity").str.starts_with("-")
    return [
        pl.when(returned).then(pl.lit("refund")).otherwise(pl.lit("purchase")).alias(c.EVENT),
        pl.col("CustomerID").str.replace(r"\.0$", "").alias(c.USER_ID),
        pl.col("StockCode").alias(c.ITEM_ID),
        pl.when(returned).then(pl.col("Quantity").str.strip_prefix("-")).otherwise("Quantity").alias(c.QUANTITY),
        pl.col("UnitPrice").alias(c.PRICE),
        pl.lit("GBP").alias(c.CURRENCY),
        pl.col("InvoiceDate").alias(c.TIMESTAMP),
        pl.col("InvoiceNo").alias(c.TRANSACTION_ID),
    ]


def _rejected() -> pl.Expr:
    code = pl.col("StockCode").str.strip_chars()
    return (
        pl.when(_starts("A"))
        .then(pl.format("invoice '{}' adjusts a debt: no sale", "InvoiceNo"))
        .when(code.str.contains(_NO_PRODUCT))
        .then(pl.format("StockCode '{}' is a fee, postage, voucher or correction: no product", "StockCode"))
        .when(_is_zero("UnitPrice") & pl.col("CustomerID").is_null())
        .then(pl.lit("no price and no customer: a stock correction, no sale"))
    )


def _starts(letter: str) -> pl.Expr:
    return pl.col("InvoiceNo").str.to_uppercase().str.starts_with(letter)


def _is_zero(price: str) -> pl.Expr:
    return pl.col(price).is_null() | pl.col(price).str.contains(r"^[0.]+$")


ONLINE_RETAIL: Final = Format(
    name="online-retail",
    about="Online Retail and Online Retail II of the UCI repository: invoice lines with cancellations",
    tables=("events", "items"),
    sheets=(
        Sheet(
            header=frozenset(
                {"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"}
            ),
            map=_lines,
        ),
        Sheet(
            header=frozenset(
                {"Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID"}
            ),
            map=_lines,
        ),
    ),
    timezone="Europe/London",
)
