"""Near-duplicates of items in the cart: a shopper with the red mug in the cart does not need the blue one too."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import Flags, Floats, ItemAttributes
from aisle.engine.shelf.diversity import unit
from aisle.shop.ids import UNKNOWN

DUPLICATE_COSINE: Final = 0.95
"""Two items whose content vectors have at least this cosine are near-duplicates."""

DUPLICATE_WORDS: Final = 0.7
"""Two titles of one category that share at least this part of their words, |a ∩ b| / |a ∪ b|, name the same thing: of
six words each, five."""

_WORD: Final = re.compile(r"[^\W_]+")

VARIANT_WORDS: Final = frozenset(
    _WORD.findall(
        "xs s m l xl xxl xxxl small medium large mini big size "
        "black white red blue green yellow orange pink purple brown grey gray gold silver beige ivory cream navy "
        "turquoise dark light pale assorted colour color "
        "g kg mg ml cl lb oz mm cm inch pack packs set of x pcs piece pieces"
    )
)
"""Words that tell variants of one product apart; words with a digit do too."""


def near_duplicates(
    candidates: ItemAttributes,
    cart: ItemAttributes,
    candidate_vectors: Floats | None = None,
    cart_vectors: Floats | None = None,
) -> Flags:
    """Return which candidates are nearly the same as an item in the cart, (candidates,).

    Two items are nearly the same in any of these cases:

    - they are variants of one product;
    - the cosine of their content vectors is at least `DUPLICATE_COSINE`;
    - they have the same full category path, or both have none, and the same title without `VARIANT_WORDS`;
    - they have the same path, no content vectors to compare, and titles that share `DUPLICATE_WORDS` of their words.

    Parameters
    ----------
    candidates, cart
        Their attributes, taken from the same `ItemAttributes`, so that equal codes mean the same.
    candidate_vectors, cart_vectors
        Their content vectors, (items, factors), of any length; 0 where unknown. Both or neither.
    """
    if candidates.paths is not cart.paths:
        raise ValueError("candidates and cart have different codes; take both from the same attributes")
    if len(cart) == 0:
        return np.zeros(len(candidates), np.bool_)
    variants = np.equal.outer(candidates.group, cart.group) & (cart.group != UNKNOWN)
    same_path = np.all(candidates.category[:, None] == cart.category, axis=2)
    common = np.where(same_path, _common_words(candidates.title.tolist(), cart.title.tolist()), 0)
    similar = common >= DUPLICATE_WORDS
    if candidate_vectors is not None and cart_vectors is not None:
        comparable = np.logical_and.outer(candidate_vectors.any(axis=1), cart_vectors.any(axis=1))
        similar = np.where(comparable, unit(candidate_vectors) @ unit(cart_vectors).T >= DUPLICATE_COSINE, similar)
    duplicates: Flags = (variants | (common == 1) | similar).any(axis=1)
    return duplicates


@lru_cache(maxsize=65_536)
def product_words(title: str) -> frozenset[str]:
    """Return the words of a title that name the product, not its variant; all words if that leaves fewer than two.

    So green tea and black tea are two products, although `green` and `black` are variants of a mug.
    """
    words = frozenset(_WORD.findall(title.casefold()))
    of_product = frozenset(word for word in words - VARIANT_WORDS if not any(letter.isdigit() for letter in word))
    return of_product if len(of_product) > 1 else words


def _common_words(candidates: Sequence[str | None], cart: Sequence[str | None]) -> NDArray[np.float64]:
    """Return |a ∩ b| / |a ∪ b| of the product words of titles, (candidates, cart); 0 without a title."""
    a, b = ([product_words(title or "") for title in titles] for titles in (candidates, cart))
    numbers = {word: number for number, word in enumerate(frozenset().union(*b))}
    common = _incidence(a, numbers) @ _incidence(b, numbers).T
    either = np.array([len(words) for words in a])[:, None] + np.array([len(words) for words in b]) - common
    shares: NDArray[np.float64] = common / np.maximum(either, 1)
    return shares


def _incidence(titles: list[frozenset[str]], numbers: dict[str, int]) -> Floats:
    """Return 1 where a title has a word, (titles, words)."""
    table = np.zeros((len(titles), len(numbers)), np.float32)
    has = [(row, numbers[word]) for row, words in enumerate(titles) for word in words if word in numbers]
    if has:
        table[tuple(zip(*has, strict=True))] = 1
    return table
