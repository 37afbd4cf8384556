"""The items of the simulated shop: their traits, and their price and appeal on every day."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aisle.shop.money import MICROS
from aisle.simulator.seasons import Calendar
from aisle.simulator.vocabulary import DEPARTMENTS, LEAVES, STYLES

ITEMS: Final = 2000
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
BRAND_START: Final = np.cumsum([0, *(len(department.brands) for department in DEPARTMENTS)])
"""Where the brands of each department begin, when all are numbered."""
BRANDS: Final = tuple(brand for department in DEPARTMENTS for brand in department.brands)


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
    discount, draw
        Share taken off the price, and the logarithm of the appeal to all shoppers, on every day, (days, items) float32.
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
    discount: NDArray[np.float32]
    draw: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.leaf)

    def for_sale(self, items: NDArray[np.int32], days: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return whether items are on sale on days."""
        return (self.launch[items] <= days) & (days < self.sold_out[items])

    def price_at(self, items: NDArray[np.int32], days: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the prices of items on days, in micros of whole pence."""
        return _whole_pence(self.price[items] * (1.0 - self.discount[days, items]))


def make_catalogue(rng: Generator, calendar: Calendar) -> Catalogue:
    """Draw a catalogue of `ITEMS` items over all leaf categories."""
    sizes = rng.multinomial(ITEMS - 20 * len(LEAVES), rng.dirichlet(np.full(len(LEAVES), 8.0))) + 20
    leaf = np.repeat(np.arange(len(LEAVES)), sizes)
    start = np.concatenate([[0], np.cumsum(sizes)])
    department = LEAF_DEPARTMENT[leaf]
    brands_here = np.diff(BRAND_START)[department]
    brand = BRAND_START[department] + rng.integers(0, brands_here)
    noun = rng.integers(0, np.array([len(LEAVES[number].nouns) for number in leaf]))

    style = _traits(rng, brand, len(STYLES), shared=0.5)
    aspects = _traits(rng, brand, ASPECTS, shared=0.3)
    price, level = _prices(rng, leaf, brand)
    launch = np.where(rng.random(ITEMS) < _NEW, rng.integers(1, calendar.days, ITEMS), -rng.integers(20, 900, ITEMS))
    gone = rng.random(ITEMS) < _SOLD_OUT
    sold_out = np.where(gone, rng.integers(calendar.days * 5 // 6, calendar.days, ITEMS), NEVER)
    sold_out = np.maximum(sold_out, launch + 1)
    stock = np.where(gone, 0, rng.negative_binomial(2, 0.02, ITEMS) + 1)
    discount = _sales(rng, calendar.days)
    return Catalogue(
        start=start,
        leaf=leaf,
        noun=noun,
        brand=brand,
        style=style,
        experience=_traits(rng, brand, EXPERIENCES, shared=0.5),
        aspects=aspects,
        price=price,
        level=level,
        stock=stock,
        launch=launch,
        sold_out=sold_out,
        partners=_partners(rng, start, leaf, style),
        discount=discount,
        draw=_draw(rng, calendar.days, aspects.mean(axis=1), launch, sold_out),
    )


def _traits(rng: Generator, brand: NDArray[np.int64], count: int, shared: float) -> NDArray[np.float32]:
    """Draw standard normal traits; a share of their variance comes from the brand."""
    of_brand = rng.standard_normal((len(BRANDS), count))[brand]
    own = rng.standard_normal((len(brand), count))
    mixed: NDArray[np.float32] = (shared**0.5 * of_brand + (1 - shared) ** 0.5 * own).astype(np.float32)
    return mixed


def _prices(
    rng: Generator, leaf: NDArray[np.int64], brand: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    low = np.log([category.cheapest for category in LEAVES])[leaf]
    high = np.log([category.dearest for category in LEAVES])[leaf]
    tier = rng.uniform(-0.15, 0.15, len(BRANDS))[brand]
    share = np.clip(rng.beta(2, 2.5, len(leaf)) + tier, 0, 1)
    units = np.exp(low + share * (high - low))
    cents = np.where(units < 40, np.round(units * 2) / 2 - 0.01, np.round(units) - 0.05)
    return _whole_pence(cents * MICROS), ((share - share.mean()) / share.std()).astype(np.float32)


def _whole_pence(micros: NDArray[np.float64]) -> NDArray[np.int64]:
    pence: NDArray[np.int64] = np.round(micros / _PENCE).astype(np.int64)
    return pence * _PENCE


def _sales(rng: Generator, days: int) -> NDArray[np.float32]:
    """Return the discounts: some items are reduced for one or two weeks."""
    first = rng.integers(0, days, ITEMS)
    length = rng.integers(7, 15, ITEMS)
    depth = rng.choice([0.1, 0.2, 0.3], ITEMS) * (rng.random(ITEMS) < _ON_SALE)
    day = np.arange(days)[:, None]
    return np.where((first <= day) & (day < first + length), depth, 0.0).astype(np.float32)


def _draw(
    rng: Generator,
    days: int,
    quality: NDArray[np.float32],
    launch: NDArray[np.int64],
    sold_out: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Return the appeal to all shoppers: skewed popularity, waves of fashion, and good items becoming known."""
    day = np.arange(days)[:, None]
    known = rng.normal(0, 1.0, ITEMS)
    height = rng.uniform(1, 2.2, ITEMS) * (rng.random(ITEMS) < _TRENDING)
    wave = height * np.exp(-0.5 * ((day - rng.uniform(0, days, ITEMS)) / rng.uniform(4, 12, ITEMS)) ** 2)
    word_of_mouth = 0.8 * quality * np.clip((day - launch) / 120, 0, 1)
    for_sale = (launch <= day) & (day < sold_out)
    return np.where(for_sale, known + wave + word_of_mouth, _UNAVAILABLE).astype(np.float32)


def _partners(
    rng: Generator, start: NDArray[np.int64], leaf: NDArray[np.int64], style: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Return two partners for each item of a leaf that has a partner leaf: those most like it in style."""
    partners = np.full((len(leaf), 2), -1)
    numbers = {category.path: number for number, category in enumerate(LEAVES)}
    for own, category in enumerate(LEAVES):
        if category.partner:
            items = slice(start[own], start[own + 1])
            other = numbers[category.partner]
            likeness = style[items] @ style[start[other] : start[other + 1]].T
            likeness += rng.normal(0, 0.5, likeness.shape)
            partners[items] = start[other] + np.argsort(-likeness, axis=1)[:, :2]
    return partners
