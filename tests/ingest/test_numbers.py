"""Text to numbers."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.ingest.amounts import amount
from aisle.ingest.numbers import finite, in_stock, money, truth, whole
from aisle.ingest.written import MAX_PRICE


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("12.5", 12_500_000),
        ("12.", 12_000_000),
        (".5", 500_000),
        ("-3", -3_000_000),
        ("+3", 3_000_000),
        (" 7 ", 7_000_000),
        ("0.1", 100_000),
        ("0.0000005", 0),
        ("0.0000015", 2),
        ("1e-3", 1_000),
        ("£1,234.50", 1_234_500_000),
        ("1.234,50 €", 1_234_500_000),
        ("12,50", 12_500_000),
        ("R$ 12,50", 12_500_000),
        ("USD 5", 5_000_000),
        ("5 EUR", 5_000_000),
        ("-$5", -5_000_000),
        ("1,234,567", 1_234_567_000_000),
        ("1 234,5", 1_234_500_000),
        ("1\u00a0234,5", 1_234_500_000),
        ("1'234.5", 1_234_500_000),
        ("1000000000", MAX_PRICE),
    ],
)
def test_amounts_of_money_are_exact(text: str, micros: int) -> None:
    assert money(pl.Series("price", [text])).to_list() == [micros]


@pytest.mark.parametrize(
    "text",
    [
        "1,234",
        "nan",
        "inf",
        "abc",
        "1000000000.01",
        "1e400",
        "1e999999999",
        "1,2,3",
        "5 £ £ x",
        "",
        "--5",
        "9" * 50,
        None,
    ],
)
def test_what_could_be_two_amounts_or_none_is_null(text: str | None) -> None:
    assert money(pl.Series("price", [text], pl.String)).to_list() == [None]


@given(st.decimals(-10_000_000, 10_000_000, places=6, allow_nan=False))
def test_plain_decimals_are_read_alike_in_bulk_and_one_by_one(value: Decimal) -> None:
    text = f"{value:f}"
    assert money(pl.Series("price", [text])).to_list() == [amount(text)] == [int(value * 1_000_000)]


@given(st.text())
def test_no_text_is_too_strange_for_money(text: str) -> None:
    money(pl.Series("price", [text.encode(errors="replace").decode()]))


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("-3", -3), ("+3", 3), ("3.0", 3), ("3.5", None), ("1e3", None), ("nan", None), ("9" * 19, None)],
)
def test_whole_numbers(text: str, value: int | None) -> None:
    assert pl.DataFrame({"a": [text]}).select(whole(pl.col("a"))).item() == value


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3.0), (" 4.5 ", 4.5), ("1e400", None), ("nan", None), ("-inf", None), ("x", None)]
)
def test_finite_numbers(text: str, value: float | None) -> None:
    assert pl.DataFrame({"a": [text]}).select(finite(pl.col("a"))).item() == value


@pytest.mark.parametrize(
    ("text", "said"), [("Yes", True), (" 0 ", False), ("t", True), ("in stock", None), (None, None)]
)
def test_yes_and_no_in_a_few_spellings(text: str | None, said: bool | None) -> None:
    assert pl.DataFrame({"text": pl.Series([text], dtype=pl.String)}).select(truth(pl.col("text"))).item() is said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("true", True),
        ("0", False),
        ("in stock", True),
        ("out of stock", False),
        ("in_stock", True),
        ("out_of_stock", False),
        (" In Stock ", True),
        ("preorder", True),
        ("https://schema.org/OutOfStock", False),
        ("http://schema.org/InStock", True),
        ("perhaps", None),
        (None, None),
    ],
)
def test_availability_as_product_feeds_spell_it(text: str | None, said: bool | None) -> None:
    assert pl.DataFrame({"text": pl.Series([text], dtype=pl.String)}).select(in_stock(pl.col("text"))).item() is said


@pytest.mark.parametrize("text", ["-0", "-0.0", "-1e-400"])
def test_zero_has_no_sign(text: str) -> None:
    assert repr(pl.DataFrame({"a": [text, "1"]}).select(finite(pl.col("a")))["a"][0]) == "0.0"
