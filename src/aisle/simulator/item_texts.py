"""The catalogue of the simulated shop: titles, descriptions and tags that show the traits of items."""

import json
from itertools import count
from typing import Final

import numpy as np
import polars as pl
from numpy.random import Generator

from aisle.shop.columns import (
    ATTRIBUTES,
    AVAILABLE_FROM,
    BRAND,
    CATEGORY,
    COST,
    CURRENCY,
    DESCRIPTION,
    HIDDEN,
    IN_STOCK,
    ITEM_ID,
    ITEMS,
    PRICE,
    STOCK,
    TAGS,
    TITLE,
)
from aisle.shop.moments import DAY
from aisle.shop.money import MICROS
from aisle.shop.schemas import conform
from aisle.simulator import vocabulary
from aisle.simulator.catalogue import LEAF_DEPARTMENT, Catalogue
from aisle.simulator.seasons import Calendar
from aisle.simulator.tables import item_ids
from aisle.simulator.vocabulary import DEPARTMENTS, INVENTED_NAMES, LEAVES, STYLES, Pole, invented_name

_STRONG: Final = 0.6
"""How strong an item's second style must be to be named."""
_HIDDEN: Final = 0.5
"""The share of sold-out items that the shop hides."""
_COST: Final = (0.4, 0.75)
"""What items cost the shop, as a share of their list price: from and to."""
_PENNY: Final = MICROS // 100
_BLOCK: Final = 20_000
"""How many items are described at a time: their texts as Python objects take much more memory than as a table."""
_TRIES: Final = 8
"""How many titles are drawn for an item before it gets the name of an edition."""


def items_table(rng: Generator, catalogue: Catalogue, calendar: Calendar) -> pl.DataFrame:
    """Return the catalogue as the columns of `shop.columns.ITEMS`, prices as on the last day."""
    titles: set[str] = set()
    numbers = range(len(catalogue))
    blocks = (numbers[first : first + _BLOCK] for first in numbers[::_BLOCK])
    texts = pl.concat(pl.DataFrame([_describe(rng, catalogue, item, titles) for item in block]) for block in blocks)
    items = np.arange(len(catalogue), dtype=np.int32)
    gone = catalogue.sold_out < calendar.days
    table = texts.with_columns(
        item_ids(pl.int_range(pl.len())).alias(ITEM_ID),
        pl.Series(CATEGORY, [LEAVES[leaf].path for leaf in catalogue.leaf]),
        pl.Series(BRAND, [catalogue.brands[brand] for brand in catalogue.brand]),
        pl.Series(PRICE, catalogue.price_at(items, np.full(len(items), calendar.days - 1, np.int32))),
        pl.lit(vocabulary.CURRENCY).alias(CURRENCY),
        pl.Series(STOCK, catalogue.stock),
        pl.Series(IN_STOCK, catalogue.stock > 0),
        pl.Series(AVAILABLE_FROM, calendar.start + catalogue.launch * DAY),
        pl.Series(HIDDEN, gone & (rng.random(len(items)) < _HIDDEN)),
        pl.Series(COST, (catalogue.price * rng.uniform(*_COST, len(items)) // _PENNY * _PENNY).astype(np.int64)),
    )
    return conform(table, ITEMS)


def _describe(rng: Generator, catalogue: Catalogue, item: int, titles: set[str]) -> dict[str, str]:
    """Return the texts of an item. Its title is none of `titles` and is added to them."""
    leaf = LEAVES[catalogue.leaf[item]]
    department = DEPARTMENTS[LEAF_DEPARTMENT[catalogue.leaf[item]]]
    poles = _poles(catalogue, item)
    title, words = "", {}
    for attempt in count():
        words = {
            "brand": catalogue.brands[catalogue.brand[item]],
            "noun": leaf.nouns[catalogue.noun[item]],
            "adjective": _one_of(rng, poles[0].adjectives),
            "material": _one_of(rng, leaf.materials),
            "variant": _one_of(rng, department.variants),
        }
        title = department.title.format_map(words)
        if attempt >= _TRIES:
            title += f", {invented_name(int(rng.integers(INVENTED_NAMES)))} edition"
        if title not in titles:
            break
    titles.add(title)
    tags = [pole.name for pole in poles] + [words["material"], words["noun"], leaf.path.split(" > ")[-1].lower()]
    sentences = [department.blurb.format_map(words), *(pole.sentence for pole in poles), department.promise]
    shown = {"style": poles[0].name, "material": words["material"], "variant": words["variant"]}
    return {
        TITLE: title,
        DESCRIPTION: " ".join(sentences),
        TAGS: "|".join(dict.fromkeys(tags)),
        ATTRIBUTES: json.dumps({"simulated": True, "shop": vocabulary.SHOP_NAME} | shown),
    }


def _one_of(rng: Generator, words: tuple[str, ...]) -> str:
    return words[rng.integers(len(words))]


def _poles(catalogue: Catalogue, item: int) -> list[Pole]:
    """Return the styles of an item, the strongest first: one, or two if the second is strong."""
    style = catalogue.style[item]
    first, second = np.argsort(-np.abs(style))[:2]
    axes = [first, second] if abs(style[second]) > _STRONG else [first]
    return [STYLES[axis][int(style[axis] > 0)] for axis in axes]
