"""Money in millionths."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.shop.errors import InputError
from aisle.shop.money import format_money, from_micros, to_micros


@pytest.mark.parametrize(
    ("amount", "micros"),
    [
        ("12.50", 12_500_000),
        (12.1, 12_100_000),
        (3, 3_000_000),
        (Decimal("0.0000005"), 0),
        (Decimal("0.0000015"), 2),
        ("-1", -1_000_000),
    ],
)
def test_amounts_become_exact_millionths(amount: str | float | Decimal, micros: int) -> None:
    assert to_micros(amount) == micros


@pytest.mark.parametrize("amount", ["abc", "nan", "inf", float("nan"), "", "1,5", "1e999999999"])
def test_what_is_no_amount_is_refused_by_name(amount: str | float) -> None:
    with pytest.raises(InputError, match="is not an amount of money"):
        to_micros(amount)


@given(st.integers(-(10**12), 10**12))
def test_cents_survive_the_way_there_and_back(cents: int) -> None:
    micros = cents * 10_000
    assert to_micros(from_micros(micros)) == micros


@pytest.mark.parametrize(
    ("micros", "currency", "text"),
    [
        (12_500_000, "GBP", "£12.50"),
        (-1_234_500_000, "USD", "-$1,234.50"),
        (990_000, "SEK", "0.99 SEK"),
        (990_000, None, "0.99"),
        (1_250_000_000, "JPY", "¥1,250"),
        (1_234_500, "KWD", "1.234 KWD"),
        (None, "GBP", ""),
    ],
)
def test_prices_read_as_people_write_them(micros: int | None, currency: str | None, text: str) -> None:
    assert format_money(micros, currency) == text
