"""The items of the simulated shop: their traits, and their price and appeal on every day."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aisle.shop.money import MICROS
from aisle.simulator.seasons import Calendar
from aisle.simulator.vocabulary import DEPARTMENTS, LEAVES, STYLES, invented_name

ITEMS: Final = 2000
"""How many items the shop has unless another number is given."""
FEWEST_IN_LEAF: Final = 20
EXPERIENCES: Final = 3
"""Traits of an item that nobody sees before buying it, and that matter to some shoppers only."""
ASPECTS: Final = 4
"""How many aspects the reviews of a department are about."""
NEVER: Final = 1 << 20
"""A day after the end of every simulation."""

_PENCE: Final = MICROS // 100
_UNAVAILABLE: Final = -60.0
_NEW, _SOLD_OUT, _ON_SALE, _TRENDING = 0.1, 0.03, 0.25, 0.15

LEAF_DEPARTMENT: Final = np.array(
    [[department.name for department in DEPARTMENTS].index(leaf.path.split(" > ")[0]) for leaf in LEAVES]
)
COMPARED: Final = 200
"""Of a larger leaf, so many items, drawn anew each time, are those that a shopper or a partner is chosen from."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The traits of every item, sorted by leaf category. Arrays have the shape (items, …) unless another is named.

    Attributes
    ----------
    start
        Leaf `c` holds the items `start[c]` … `start[c + 1] - 1`, (leaves + 1,).
    leaf, noun, brand
        Numbers into the vocabulary; `brand` counts over all departments.
    style, experience, aspects
        Latent traits, float32, standard normal: those seen, those felt in use, those that reviews are about.
    price, level
        The list price in micros, and where it is between the cheapest and the dearest of the leaf, standardised.
    stock, launch, sold_out
        Pieces in stock, the first day on sale (negative for older items), and the first day without.
    partners
        Two items that go with each item, -1 if there are none, (items, 2).
    sale, sale_end, depth
        The first day at a lower price, the first day after it, and the share taken off meanwhile, float32.
    known, wave, crest, breadth
        What makes its appeal to all shoppers: the logarithm of how known it is, and the height, the day and the breadth
        in days of its wave of fashion, float64.
    brands
        The names of the brands, (brands,).
    brand_start
        Where the brands of each department begin, (departments + 1,).
    """

    start: NDArray[np.int64]
    leaf: NDArray[np.int64]
    noun: NDArray[np.int64]
    brand: NDArray[np.int64]
    style: NDArray[np.float32]
    experience: NDArray[np.float32]
    aspects: NDArray[np.float32]
    price: NDArray[np.int64]
    level: NDArray[np.float32]
    stock: NDArray[np.int64]
    launch: NDArray[np.int64]
    sold_out: NDArray[np.int64]
    partners: NDArray[np.int64]
    sale: NDArray[np.int64]
    sale_end: NDArray[np.int64]
    depth: NDArray[np.float32]
    known: NDArray[np.float64]
    wave: NDArray[np.float64]
    crest: NDArray[np.float64]
    breadth: NDArray[np.float64]
    brands: tuple[str, ...]
    brand_start: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.leaf)

    def for_sale(self, items: NDArray[np.integer], days: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Return whether items are on sale on days."""
        for_sale: NDArray[np.bool_] = (self.launch[items] <= days) & (days < self.sold_out[items])
        return for_sale

    def discount(self, items: NDArray[np.integer], days: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the share taken off the prices of items on days."""
        reduced = (self.sale[items] <= days) & (days < self.sale_end[items])
        return np.where(reduced, self.depth[items], np.float32(0))

    def price_at(self, items: NDArray[np.int32], days: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the prices of items on days, in micros of whole pence."""
        return _whole_pence(self.price[items] * (1.0 - self.discount(items, days)))

    def draw(self, items: NDArray[np.integer], days: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the logarithm of the appeal of items to all shoppers on days.

        It is made of skewed popularity, waves of fashion, and good items becoming known.
        """
        wave = self.wave[items] * np.exp(-0.5 * ((days - self.crest[items]) / self.breadth[items]) ** 2)
        word_of_mouth = 0.8 * self._quality[items] * np.clip((days - self.launch[items]) / 120, 0, 1)
        appeal = self.known[items] + wave + word_of_mouth
        return np.where(self.for_sale(items, days), appeal, _UNAVAILABLE).astype(np.float32)

    @cached_property
    def _quality(self) -> NDArray[np.float32]:
        quality: NDArray[np.float32] = self.aspects.mean(axis=1)
        return quality


def make_catalogue(rng: Generator, calendar: Calendar, items: int) -> Catalogue:
    """Draw a catalogue of so many items over all leaf categories."""
    spare = items - FEWEST_IN_LEAF * len(LEAVES)
    sizes = rng.multinomial(spare, rng.dirichlet(np.full(len(LEAVES), 8.0))) + FEWEST_IN_LEAF
    leaf = np.repeat(np.arange(len(LEAVES)), sizes)
    start = np.concatenate([[0], np.cumsum(sizes)])
    brands, brand_start = _brands(items)
    department = LEAF_DEPARTMENT[leaf]
    brand = brand_start[department] + rng.integers(0, np.diff(brand_start)[department])
    noun = rng.integers(0, np.array([len(LEAVES[number].nouns) for number in leaf]))

    style = _traits(rng, brand, len(brands), len(STYLES), shared=0.5)
    aspects = _traits(rng, brand, len(brands), ASPECTS, shared=0.3)
    price, level = _prices(rng, leaf, brand, len(brands))
    launch = np.where(rng.random(items) < _NEW, rng.integers(1, calendar.days, items), -rng.integers(20, 900, items))
    gone = rng.random(items) < _SOLD_OUT
    sold_out = np.where(gone, rng.integers(calendar.days * 5 // 6, calendar.days, items), NEVER)
    stock = np.where(gone, 0, rng.negative_binomial(2, 0.02, items) + 1)
    sale = rng.integers(0, calendar.days, items)
    return Catalogue(
        start=start,
        leaf=leaf,
        noun=noun,
        brand=brand,
        style=style,
        aspects=aspects,
        price=price,
        level=level,
        stock=stock,
        launch=launch,
        sold_out=np.maximum(sold_out, launch + 1),
        sale=sale,
        sale_end=sale + rng.integers(7, 15, items),
        depth=(rng.choice([0.1, 0.2, 0.3], items) * (rng.random(items) < _ON_SALE)).astype(np.float32),
        experience=_traits(rng, brand, len(brands), EXPERIENCES, shared=0.5),
        partners=_partners(rng, start, leaf, style),
        known=rng.normal(0, 1.0, items),
        wave=rng.uniform(1, 2.2, items) * (rng.random(items) < _TRENDING),
        crest=rng.uniform(0, calendar.days, items),
        breadth=rng.uniform(4, 12, items),
        brands=brands,
        brand_start=brand_start,
    )


def _brands(items: int) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the names of all brands, and where those of each department begin.

    The number of brands grows with the square root of the number of items, as that of different words does in a text
    (Heaps' law).
    """
    growth = max(1.0, (items / ITEMS) ** 0.5)
    counts = [round(growth * len(department.brands)) for department in DEPARTMENTS]
    start = np.concatenate([[0], np.cumsum(counts)])
    names: list[str] = []
    for first, count, department in zip(start.tolist(), counts, DEPARTMENTS, strict=False):
        names += [*department.brands, *map(invented_name, range(first, first + count - len(department.brands)))]
    return tuple(names), start


def _traits(rng: Generator, brand: NDArray[np.int64], brands: int, count: int, shared: float) -> NDArray[np.float32]:
    """Draw standard normal traits; a share of their variance comes from the brand."""
    of_brand = rng.standard_normal((brands, count))[brand]
    own = rng.standard_normal((len(brand), count))
    mixed: NDArray[np.float32] = (shared**0.5 * of_brand + (1 - shared) ** 0.5 * own).astype(np.float32)
    return mixed


def _prices(
    rng: Generator, leaf: NDArray[np.int64], brand: NDArray[np.int64], brands: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    low = np.log([category.cheapest for category in LEAVES])[leaf]
    high = np.log([category.dearest for category in LEAVES])[leaf]
    tier = rng.uniform(-0.15, 0.15, brands)[brand]
    share = np.clip(rng.beta(2, 2.5, len(leaf)) + tier, 0, 1)
    units = np.exp(low + share * (high - low))
    cents = np.where(units < 40, np.round(units * 2) / 2 - 0.01, np.round(units) - 0.05)
    return _whole_pence(cents * MICROS), ((share - share.mean()) / share.std()).astype(np.float32)


def _whole_pence(micros: NDArray[np.float64]) -> NDArray[np.int64]:
    pence: NDArray[np.int64] = np.round(micros / _PENCE).astype(np.int64)
    return pence * _PENCE


def _partners(
    rng: Generator, start: NDArray[np.int64], leaf: NDArray[np.int64], style: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Return two partners for each item of a leaf that has a partner leaf: those most like it in style."""
    partners = np.full((len(leaf), 2), -1)
    numbers = {category.path: number for number, category in enumerate(LEAVES)}
    for own, category in enumerate(LEAVES):
        if category.partner:
            items, other = np.arange(start[own], start[own + 1]), numbers[category.partner]
            others = _some_of(rng, start[other], start[other + 1], len(items))
            likeness = np.einsum("ik,ijk->ij", style[items], style[others])
            likeness += rng.normal(0, 0.5, likeness.shape)
            partners[items] = np.take_along_axis(others, np.argsort(-likeness, axis=1)[:, :2], axis=1)
    return partners


def _some_of(rng: Generator, first: int, last: int, rows: int) -> NDArray[np.int64]:
    """Return all numbers from first to before last, (rows, numbers), or `COMPARED` of them, drawn for each row."""
    if last - first <= COMPARED:
        return np.broadcast_to(np.arange(first, last), (rows, last - first))
    return rng.integers(first, last, (rows, COMPARED))
