"""Items as words, labels and levels of price: the input of content models."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.prepare.catalogue import top_categories
from aisle.shop.columns import ATTRIBUTES, BRAND, CATEGORY, DESCRIPTION, PRICE, TAGS, TITLE

ASPECTS: Final = "aspects"
"""A column that a catalogue may have beside those of the shop: the aspects of its reviews, joined by `|`."""

HIGHLIGHTS: Final = "praise"
"""Another such column: the phrase with which reviewers praise an item, for explanations."""

LEVELS: Final = (-1.5, -0.5, 0.5, 1.5)
"""The levels of price, in standard deviations of the logarithm within an item's first category."""


def words(catalogue: pl.DataFrame) -> list[str]:
    """Return the text of each item: title, description and aspects; empty if it has none."""
    texts = [name for name in (TITLE, DESCRIPTION, ASPECTS) if name in catalogue.columns]
    return catalogue.select(pl.concat_str(texts, separator="\n", ignore_nulls=True).fill_null("")).to_series().to_list()


def labels(catalogue: pl.DataFrame) -> list[str]:
    """Return the labels of each item, one on each line: the steps of its category, its brand, tags and attributes."""
    rows = catalogue.select(CATEGORY, BRAND, TAGS, ATTRIBUTES).iter_rows()
    return ["\n".join(" ".join(label.split()) for label in _labels(*row)) for row in rows]


def price_levels(catalogue: pl.DataFrame) -> NDArray[np.float32]:
    """Return how near each item's price is to each of the `LEVELS`, (items, levels); rows have length 1 or 0.

    A price between two levels is near to both, so that nearness changes without steps.
    """
    top = top_categories(catalogue)
    priced = pl.DataFrame({PRICE: catalogue[PRICE], CATEGORY: np.zeros(catalogue.height) if top is None else top})
    log = pl.when(pl.col(PRICE) > 0).then(pl.col(PRICE).log())
    spread = log.std(ddof=0).over(CATEGORY)
    standard = pl.when(spread > 0).then((log - log.mean().over(CATEGORY)) / spread).otherwise(log * 0)
    place = priced.select(standard.alias(PRICE))[PRICE].to_numpy()
    near = np.nan_to_num(np.exp(-0.5 * (place[:, None] - np.array(LEVELS)) ** 2))
    lengths = np.linalg.norm(near, axis=1, keepdims=True)
    unit: NDArray[np.float64] = np.divide(near, lengths, out=np.zeros_like(near), where=lengths > 0)
    return unit.astype(np.float32)


def _labels(category: str | None, brand: str | None, tags: str | None, attributes: str | None) -> Iterator[str]:
    steps = [step.strip() for step in (category or "").split(">")]
    yield from (f"category={' > '.join(steps[: depth + 1])}" for depth in range(len(steps)) if steps[depth])
    if brand:
        yield f"brand={brand}"
    yield from (f"tag={tag.strip()}" for tag in (tags or "").split("|") if tag.strip())
    if attributes:
        yield from _leaves("", msgspec.json.decode(attributes))


def _leaves(path: str, value: Any) -> Iterator[str]:
    """Give `path=value` for every value of a JSON object, and for every element of a list."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(path, inner)
    elif value not in (None, ""):
        yield f"{path}={value}"
