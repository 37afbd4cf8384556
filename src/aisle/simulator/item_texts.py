"""The catalogue of the simulated shop: titles, descriptions and tags that show the traits of items."""

import json
from typing import Final

import numpy as np
import polars as pl
from numpy.random import Generator

from aisle.shop.columns import (
    ATTRIBUTES,
    AVAILABLE_FROM,
    BRAND,
    CATEGORY,
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
from aisle.shop.schemas import conform
from aisle.simulator import vocabulary
from aisle.simulator.catalogue import BRANDS, LEAF_DEPARTMENT, Catalogue
from aisle.simulator.seasons import Calendar
from aisle.simulator.tables import ITEM_IDS
from aisle.simulator.vocabulary import DEPARTMENTS, LEAVES, STYLES, Pole

_STRONG: Final = 0.6
"""How strong an item's second style must be to be named."""
_HIDDEN: Final = 0.5
"""The share of sold-out items that the shop hides."""


def items_table(rng: Generator, catalogue: Catalogue, calendar: Calendar) -> pl.DataFrame:
    """Return the catalogue as the columns of `shop.columns.ITEMS`, prices as on the last day."""
    titles: set[str] = set()
    texts = pl.DataFrame([_describe(rng, catalogue, item, titles) for item in range(len(catalogue))])
    items = np.arange(len(catalogue), dtype=np.int32)
    gone = catalogue.sold_out < calendar.days
    table = texts.with_columns(
        ITEM_IDS.alias(ITEM_ID),
        pl.Series(CATEGORY, [LEAVES[leaf].path for leaf in catalogue.leaf]),
        pl.Series(BRAND, [BRANDS[brand] for brand in catalogue.brand]),
        pl.Series(PRICE, catalogue.price_at(items, np.full(len(items), calendar.days - 1, np.int32))),
        pl.lit(vocabulary.CURRENCY).alias(CURRENCY),
        pl.Series(STOCK, catalogue.stock),
        pl.Series(IN_STOCK, catalogue.stock > 0),
        pl.Series(AVAILABLE_FROM, calendar.start + catalogue.launch * DAY),
        pl.Series(HIDDEN, gone & (rng.random(len(items)) < _HIDDEN)),
    )
    return conform(table, ITEMS)


def _describe(rng: Generator, catalogue: Catalogue, item: int, titles: set[str]) -> dict[str, str]:
    """Return the texts of an item. Its title is none of `titles` and is added to them."""
    leaf = LEAVES[catalogue.leaf[item]]
    department = DEPARTMENTS[LEAF_DEPARTMENT[catalogue.leaf[item]]]
    poles = _poles(catalogue, item)
    title, words = "", {}
    while not title or title in titles:
        words = {
            "brand": BRANDS[catalogue.brand[item]],
            "noun": leaf.nouns[catalogue.noun[item]],
            "adjective": str(rng.choice(poles[0].adjectives)),
            "material": str(rng.choice(leaf.materials)),
            "variant": str(rng.choice(department.variants)),
        }
        title = department.title.format_map(words)
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


def _poles(catalogue: Catalogue, item: int) -> list[Pole]:
    """Return the styles of an item, the strongest first: one, or two if the second is strong."""
    style = catalogue.style[item]
    first, second = np.argsort(-np.abs(style))[:2]
    axes = [first, second] if abs(style[second]) > _STRONG else [first]
    return [STYLES[axis][int(style[axis] > 0)] for axis in axes]
