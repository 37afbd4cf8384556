"""Money as whole millionths of the currency unit, so that sums are exact and every database agrees."""

from decimal import Decimal, DecimalException
from typing import Final

from aisle.shop.currencies import digits
from aisle.shop.errors import InputError

MICROS: Final = 1_000_000
"""Millionths in one unit of a currency."""

_SYMBOLS: Final[dict[str, str]] = {"GBP": "£", "EUR": "€", "USD": "$", "BRL": "R$", "JPY": "¥"}


def to_micros(amount: str | int | float | Decimal) -> int:
    """Return an amount of currency units as millionths, rounded half to even.

    Raises
    ------
    InputError
        If the amount is not a finite number.
    """
    try:
        exact = Decimal(str(amount)) * MICROS
        return int(exact.to_integral_value())
    except (DecimalException, ValueError, OverflowError):
        raise InputError(
            f"price {amount!r} is not an amount of money; write it as a plain number such as 12.50"
        ) from None


def from_micros(micros: int) -> float:
    """Return millionths as currency units: for people and JSON, not for sums."""
    return micros / MICROS


def format_money(micros: int | None, currency: str | None = None) -> str:
    """Return a price as people read it, such as `£12.50` or `¥1,250`, or an empty text if there is none."""
    if micros is None:
        return ""
    sign = "-" if micros < 0 else ""
    number = f"{abs(Decimal(micros) / MICROS):,.{digits(currency)}f}"
    if currency is None:
        return f"{sign}{number}"
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {currency}"
