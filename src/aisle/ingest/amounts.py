"""Amounts of money as people and shops write them, one by one: `£1,234.50`, `12,50 €` or `1e-3`."""

import re
import unicodedata
from decimal import Decimal
from typing import Final

from aisle.ingest.written import MAX_PRICE
from aisle.shop.money import to_micros

# How an amount may be written, without the currency. A single comma before three digits could be a decimal comma or a
# separator of thousands, and fits none.
_DECIMAL_POINT: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_DECIMAL_COMMA: Final = re.compile(r"[+-]?[0-9]+,([0-9]{1,2}|[0-9]{4,})")
_COMMA_GROUPS: Final = re.compile(r"[+-]?[0-9]{1,3}((,[0-9]{3})+\.[0-9]+|(,[0-9]{3}){2,})")
_POINT_GROUPS: Final = re.compile(r"[+-]?[0-9]{1,3}((\.[0-9]{3})+,[0-9]+|(\.[0-9]{3}){2,})")
_SPACE_GROUPS: Final = re.compile(r"[+-]?[0-9]{1,3}([ '’][0-9]{3})+([.,][0-9]+)?")
_CURRENCY_WORD: Final = re.compile(r"^[A-Z]{3}\s+|\s+[A-Z]{3}$|R(?=\$)")
_LONGEST_AMOUNT: Final = 40


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
