"""Long lists in parts: a query takes only so many parameters."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

PART: Final = 500
"""How many values a query is given."""

_T = TypeVar("_T")


def parts(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Give a list in parts of `PART` values at most, in its order."""
    for start in range(0, len(values), PART):
        yield values[start : start + PART]
