"""Made-up products, as rules see them."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import ItemAttributes, attributes_of_rows
from aisle.engine.shelf.rules import BoundRules, Rules, bind
from aisle.shop.facts import ItemFacts
from aisle.shop.ids import Vocabulary

NOW = 1_700_000_000_000_000


product: Final = partial(ItemFacts, "item")
"""Makes a product of what it is given; everything else is unknown."""


def known(*products: ItemFacts | None, tail: Sequence[bool] | None = None) -> ItemAttributes:
    return attributes_of_rows(products, NOW, tail=None if tail is None else np.array(tail, np.bool_))


def bound(items: int = 10, **rules: Any) -> BoundRules:
    """Bind rules to a shop whose item ids are the items' numbers."""
    return bind(Rules.parse(rules), Vocabulary(str(number) for number in range(items)))


def numbers(count: int) -> NDArray[np.int32]:
    return np.arange(count, dtype=np.int32)


def falling(count: int) -> NDArray[np.float32]:
    """Return scores that rank candidates in the order in which they come; half of them are negative."""
    return np.linspace(1, -1, count, dtype=np.float32)
