"""The shoppers of the simulated shop: their tastes, and how satisfied they are with what they buy."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aisle.simulator.catalogue import EXPERIENCES, LEAF_DEPARTMENT, Catalogue
from aisle.simulator.vocabulary import DEPARTMENTS, LEAVES, STYLES

_PERSONAS: Final = 12
_SHARED: Final = 0.5
"""The share of the variance between shoppers that comes from personas."""
_LATECOMERS: Final = 0.35
"""The share of shoppers who join after the first day."""


@dataclass(frozen=True, eq=False)
class Personas:
    """Types of shoppers, as the means of their tastes, (personas, …) float32."""

    style: NDArray[np.float32]
    experience: NDArray[np.float32]
    leaves: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Shoppers:
    """The traits of every shopper. Arrays have the shape (shoppers, …) and are float32 unless another type is named.

    Attributes
    ----------
    style, experience
        Their tastes in what can be seen of an item, and in what is felt in use; each of unit variance.
    leaves
        Logarithm of their interest in each leaf category.
    favourite, loyalty
        Their favourite brand in each department, int64 (shoppers, departments), and how much it matters to them.
    thrift
        How much a high price deters them, positive.
    resolve
        Logit of buying what is in their cart.
    strictness
        Stars that they subtract from every rating.
    activity
        Their share of the visits, which sums to 1, float64.
    joined
        The day from which they visit the shop, 0 for the first customers, float64.
    """

    style: NDArray[np.float32]
    experience: NDArray[np.float32]
    leaves: NDArray[np.float32]
    favourite: NDArray[np.int64]
    loyalty: NDArray[np.float32]
    thrift: NDArray[np.float32]
    resolve: NDArray[np.float32]
    strictness: NDArray[np.float32]
    activity: NDArray[np.float64]
    joined: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.activity)


def make_personas(rng: Generator) -> Personas:
    """Draw the personas of a shop, and with them the popularity of each category."""
    departments = rng.normal(0, 1.0, (_PERSONAS, len(DEPARTMENTS)))[:, LEAF_DEPARTMENT]
    leaves = departments + rng.normal(0, 1.0, (_PERSONAS, len(LEAVES))) + rng.normal(0, 0.4, len(LEAVES))
    return Personas(
        style=rng.standard_normal((_PERSONAS, len(STYLES)), np.float32),
        experience=rng.standard_normal((_PERSONAS, EXPERIENCES), np.float32),
        leaves=leaves.astype(np.float32),
    )


def draw_shoppers(rng: Generator, personas: Personas, catalogue: Catalogue, count: int, days: int) -> Shoppers:
    """Draw the shoppers of a simulation of so many days."""
    persona = rng.integers(0, _PERSONAS, count)
    style = _variation(rng, personas.style[persona])
    joined = np.where(rng.random(count) < _LATECOMERS, rng.uniform(0, days, count), 0.0)
    activity = rng.lognormal(0, 1.1, count) * (1 - joined / days)
    return Shoppers(
        style=style,
        experience=_variation(rng, personas.experience[persona]),
        leaves=personas.leaves[persona] + rng.normal(0, 1.0, (count, len(LEAVES))).astype(np.float32),
        favourite=_favourite_brands(rng, style, catalogue),
        loyalty=rng.gamma(1.5, 0.6, count).astype(np.float32),
        thrift=rng.lognormal(-0.8, 0.7, count).astype(np.float32),
        resolve=rng.normal(0.3, 0.8, count).astype(np.float32),
        strictness=rng.normal(0, 0.35, count).astype(np.float32),
        activity=activity / activity.sum(),
        joined=joined,
    )


def _variation(rng: Generator, means: NDArray[np.float32]) -> NDArray[np.float32]:
    own = rng.standard_normal(means.shape, np.float32)
    mixed: NDArray[np.float32] = np.float32(_SHARED**0.5) * means + np.float32((1 - _SHARED) ** 0.5) * own
    return mixed


def _favourite_brands(rng: Generator, style: NDArray[np.float32], catalogue: Catalogue) -> NDArray[np.int64]:
    """Return the brand of each department whose items look most like a shopper's taste, with some chance."""
    brands = len(catalogue.brands)
    sums = np.zeros((brands, style.shape[1]))
    np.add.at(sums, catalogue.brand, catalogue.style)
    mean = sums / np.maximum(np.bincount(catalogue.brand, minlength=brands), 1)[:, None]
    fondness = style @ mean.T + rng.normal(0, 1.0, (len(style), brands))
    spans = pairwise(catalogue.brand_start.tolist())
    return np.stack([first + fondness[:, first:last].argmax(axis=1) for first, last in spans], axis=1)


def liking(
    shoppers: Shoppers,
    catalogue: Catalogue,
    users: NDArray[np.int32],
    days: NDArray[np.int32],
    items: NDArray[np.integer],
) -> NDArray[np.float32]:
    """Return how much users like items, each user on a day, (users, items).

    This is the personal part of a logit: the look, a guess of how the item is in use, the favourite brand, the price.

    Parameters
    ----------
    users, days
        The users, (users,), and a day for each.
    items
        Their items, (users, items), or (1, items) if they are the same for all.
    """
    look = np.einsum("uk,uik->ui", shoppers.style[users], catalogue.style[items])
    guess = np.einsum("uk,uik->ui", shoppers.experience[users], catalogue.experience[items])
    department = LEAF_DEPARTMENT[catalogue.leaf[items]]
    own_brand = shoppers.favourite[users[:, None], department] == catalogue.brand[items]
    cost = catalogue.level[items] + 3 * np.log1p(-catalogue.discount(items, days[:, None]))
    loyalty, thrift = shoppers.loyalty[users, None], shoppers.thrift[users, None]
    logit: NDArray[np.float32] = 0.5 * look + 0.25 * guess + loyalty * own_brand - thrift * cost
    return logit


def satisfaction(
    shoppers: Shoppers,
    catalogue: Catalogue,
    users: NDArray[np.int32],
    items: NDArray[np.int32],
    luck: float | NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return how satisfied users are with items, from 0 to 1; `luck` (mean 0) is that of a single piece."""
    look = np.einsum("nk,nk->n", shoppers.style[users], catalogue.style[items])
    use = np.einsum("nk,nk->n", shoppers.experience[users], catalogue.experience[items])
    quality = catalogue.aspects[items].sum(axis=1)
    logit = 0.8 + 0.2 * look + 0.5 * use + 0.45 * quality + luck
    return logistic(logit).astype(np.float32)


def logistic(logit: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the probabilities of logits."""
    odds: NDArray[np.float64] = np.exp(logit, dtype=np.float64)
    return odds / (1 + odds)
