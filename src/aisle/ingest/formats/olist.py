"""Olist: the tables of a Brazilian marketplace, which refer to each other and are imported together.

Order lines become purchases of one piece under `customer_unique_id`, which a customer keeps from order to order; those
of canceled or unavailable orders are rejected. A review is about an order: if the order has one product, it becomes
that product's review and a rating of it; others are rejected, as nobody can tell which product they are about. Sellers
and payments are skipped.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final

import polars as pl

from aisle.ingest.batch import REJECTED, ROW, Mapped, RawBatch
from aisle.ingest.formats.format import Format, Rows, Sheet, as_object, numbered
from aisle.shop import columns as c
from aisle.shop.errors import FormatError

_LOST: Final = ("canceled", "unavailable")


def _nothing(batches: Iterator[RawBatch]) -> Iterator[Mapped]:
    for raw in batches:
        yield Mapped("events", pl.DataFrame(schema={ROW: pl.Int64}), raw)


def _sheet(*header: str) -> Sheet:
    return Sheet(header=frozenset(header), map=_nothing)


_ORDERS: Final = _sheet("order_id", "customer_id", "order_status", "order_purchase_timestamp")
_LINES: Final = _sheet("order_id", "order_item_id", "product_id", "price")
_CUSTOMERS: Final = _sheet("customer_id", "customer_unique_id", "customer_city", "customer_state")
_PRODUCTS: Final = _sheet("product_id", "product_category_name", "product_photos_qty")
_REVIEWS: Final = _sheet(
    "review_id",
    "order_id",
    "review_score",
    "review_comment_title",
    "review_comment_message",
    "review_answer_timestamp",
)
_CATEGORIES: Final = _sheet("product_category_name", "product_category_name_english")
_PAYMENTS: Final = _sheet("order_id", "payment_type", "payment_value")
_SELLERS: Final = _sheet("seller_id", "seller_city", "seller_state")


class _Tables:
    """The files of one import, joined."""

    def __init__(self, sheets: Rows) -> None:
        self.sheets = sheets
        self.raw = {path: list(sheet.read(path)) for path, sheet in sheets.items()}

    def whole(self, sheet: Sheet, *columns: str) -> pl.DataFrame:
        """Return some columns of all files of one kind."""
        frames = [
            raw.frame.select(columns) for path, kind in self.sheets.items() if kind == sheet for raw in self.raw[path]
        ]
        if not frames:
            raise FormatError(
                f"olist files refer to each other; import the one with {', '.join(columns)} together with these"
            )
        return pl.concat(frames)

    @cached_property
    def orders(self) -> pl.DataFrame:
        """Each order with its customer, status and time."""
        customers = self.whole(_CUSTOMERS, "customer_id", "customer_unique_id").unique("customer_id")
        orders = self.whole(_ORDERS, "order_id", "customer_id", "order_status", "order_purchase_timestamp")
        return orders.unique("order_id", keep="last").join(customers, on="customer_id", how="left")

    @cached_property
    def contents(self) -> pl.DataFrame:
        """The number of products of each order, and one of them."""
        lines = self.whole(_LINES, "order_id", "product_id")
        return lines.group_by("order_id").agg(pl.col("product_id").n_unique().alias("products"), pl.first("product_id"))

    @cached_property
    def prices(self) -> pl.DataFrame:
        """Each product's latest price; empty without order lines."""
        if _LINES not in self.sheets.values():
            return pl.DataFrame(schema={"product_id": pl.String, "price": pl.String})
        return self.whole(_LINES, "product_id", "price").unique("product_id", keep="last")

    @cached_property
    def english(self) -> pl.DataFrame:
        """The English names of categories; empty without the file of translations."""
        names = ("product_category_name", "product_category_name_english")
        if _CATEGORIES not in self.sheets.values():
            return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        return self.whole(_CATEGORIES, *names).unique(names[0])


def _join(sheets: Rows) -> Iterator[Mapped]:
    tables = _Tables(sheets)
    for path, sheet in sheets.items():
        for raw in tables.raw[path]:
            if sheet in _MAPPINGS:
                for table, rows in _MAPPINGS[sheet](numbered(raw.frame), tables):
                    yield Mapped(table, rows, raw)
            else:
                yield from sheet.map(iter([raw]))


def _purchases(lines: pl.DataFrame, tables: _Tables) -> Iterator[tuple[str, pl.DataFrame]]:
    known = lines.join(tables.orders, on="order_id", how="left", maintain_order="left")
    status = pl.col("order_status")
    yield (
        "events",
        known.select(
            ROW,
            pl.when(status.is_in(_LOST))
            .then(pl.format("order '{}' is {}: no purchase", "order_id", status))
            .alias(REJECTED),
            pl.lit("purchase").alias(c.EVENT),
            pl.col("customer_unique_id").alias(c.USER_ID),
            pl.col("product_id").alias(c.ITEM_ID),
            pl.lit("1").alias(c.QUANTITY),
            pl.col("price").alias(c.PRICE),
            pl.lit("BRL").alias(c.CURRENCY),
            pl.col("order_purchase_timestamp").alias(c.TIMESTAMP),
            pl.col("order_id").alias(c.TRANSACTION_ID),
        ),
    )


def _products(products: pl.DataFrame, tables: _Tables) -> Iterator[tuple[str, pl.DataFrame]]:
    category = "product_category_name"
    priced = products.join(tables.prices, on="product_id", how="left", maintain_order="left")
    named = priced.join(tables.english, on=category, how="left", maintain_order="left")
    yield (
        "items",
        named.select(
            ROW,
            pl.col("product_id").alias(c.ITEM_ID),
            pl.coalesce("product_category_name_english", category).alias(c.CATEGORY),
            pl.col("price").alias(c.PRICE),
            pl.lit("BRL").alias(c.CURRENCY),
        ),
    )


def _customers(customers: pl.DataFrame, _: _Tables) -> Iterator[tuple[str, pl.DataFrame]]:
    where = as_object("customer_city", "customer_state")
    yield "users", customers.select(ROW, pl.col("customer_unique_id").alias(c.USER_ID), where.alias(c.ATTRIBUTES))


def _reviews(reviews: pl.DataFrame, tables: _Tables) -> Iterator[tuple[str, pl.DataFrame]]:
    bought = reviews.join(tables.orders, on="order_id", how="left", maintain_order="left")
    known = bought.join(tables.contents, on="order_id", how="left", maintain_order="left")
    products = pl.col("products").fill_null(0)
    review = known.select(
        ROW,
        pl.when(products != 1)
        .then(pl.format("order '{}' has {} products: no telling which one the review is about", "order_id", products))
        .alias(REJECTED),
        # A review id can stand for several orders.
        pl.format("{}:{}", "review_id", "order_id").alias(c.REVIEW_ID),
        pl.col("customer_unique_id").alias(c.USER_ID),
        pl.col("product_id").alias(c.ITEM_ID),
        pl.col("review_score").alias(c.RATING),
        pl.col("review_comment_title").alias(c.TITLE),
        pl.col("review_comment_message").alias(c.TEXT),
        pl.col("review_answer_timestamp").alias(c.TIMESTAMP),
        pl.col("order_id").alias(c.TRANSACTION_ID),
    )
    yield "reviews", review
    stars = review.filter(pl.col(REJECTED).is_null() & pl.col(c.RATING).is_not_null())
    yield (
        "events",
        stars.select(ROW, c.USER_ID, c.ITEM_ID, c.RATING, c.TIMESTAMP, c.TRANSACTION_ID, pl.lit("rate").alias(c.EVENT)),
    )


_MAPPINGS: Final[dict[Sheet, Callable[[pl.DataFrame, _Tables], Iterator[tuple[str, pl.DataFrame]]]]] = {
    _LINES: _purchases,
    _PRODUCTS: _products,
    _CUSTOMERS: _customers,
    _REVIEWS: _reviews,
}

OLIST: Final = Format(
    name="olist",
    about="Olist's tables, imported together: orders, order items, customers, products, reviews, translation",
    tables=("events", "items", "users", "reviews"),
    sheets=(_ORDERS, _LINES, _CUSTOMERS, _PRODUCTS, _REVIEWS, _CATEGORIES, _PAYMENTS, _SELLERS),
    timezone="America/Sao_Paulo",
    join=_join,
)
