"""What is nearly the same as something in the cart: whoever took the red mug does not want the blue one beside it."""

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
"""From this cosine on, two contents say the same."""

DUPLICATE_WORDS: Final = 0.7
"""From this share of common words on, |a ∩ b| / |a ∪ b|, two titles of one category name the same thing: with six
words each, all but one."""

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
    """Return which candidates are nearly the same as an item of the cart, (candidates,).

    Two items are if they are variants of one product; if their contents are alike to `DUPLICATE_COSINE`; or if both are
    of the same full category path, or of none, and their titles are the same, `VARIANT_WORDS` aside. Where there are no
    contents to compare, because there are no vectors or one of the two is 0, it is enough that such titles share
    `DUPLICATE_WORDS` of their words.

    Parameters
    ----------
    candidates, cart
        What is known of each, taken from the same `ItemAttributes`, so that equal codes mean the same.
    candidate_vectors, cart_vectors
        What each is like, (items, factors), of any length; both or neither.
    """
    if candidates.paths is not cart.paths:
        raise ValueError("candidates and cart have codes of their own; take both from the same attributes")
    if len(cart) == 0:
        return np.zeros(len(candidates), np.bool_)
    variants = np.equal.outer(candidates.group, cart.group) & (cart.group != UNKNOWN)
    same_path = np.all(candidates.category[:, None] == cart.category, axis=2)
    common = np.where(same_path, _common_words(candidates.title.tolist(), cart.title.tolist()), 0)
    alike = common >= DUPLICATE_WORDS
    if candidate_vectors is not None and cart_vectors is not None:
        told = np.logical_and.outer(candidate_vectors.any(axis=1), cart_vectors.any(axis=1))
        alike = np.where(told, unit(candidate_vectors) @ unit(cart_vectors).T >= DUPLICATE_COSINE, alike)
    near: Flags = (variants | (common == 1) | alike).any(axis=1)
    return near


@lru_cache(maxsize=65_536)
def telling_words(title: str) -> frozenset[str]:
    """Return the words of a title that say what a thing is; all of its words if that leaves fewer than two.

    Green tea and black tea are two things, though `green` and `black` tell variants of a mug apart.
    """
    words = frozenset(_WORD.findall(title.casefold()))
    telling = frozenset(word for word in words - VARIANT_WORDS if not any(letter.isdigit() for letter in word))
    return telling if len(telling) > 1 else words


def _common_words(candidates: Sequence[str | None], cart: Sequence[str | None]) -> NDArray[np.float64]:
    """Return |a ∩ b| / |a ∪ b| of the telling words of titles, (candidates, cart); 0 for what has no title."""
    a, b = ([telling_words(title or "") for title in titles] for titles in (candidates, cart))
    numbers = {word: number for number, word in enumerate(frozenset().union(*b))}
    common = _incidence(a, numbers) @ _incidence(b, numbers).T
    of_both = np.array([len(words) for words in a])[:, None] + np.array([len(words) for words in b]) - common
    shares: NDArray[np.float64] = common / np.maximum(of_both, 1)
    return shares


def _incidence(titles: list[frozenset[str]], numbers: dict[str, int]) -> Floats:
    """Return 1 where a title has a word, (titles, words)."""
    table = np.zeros((len(titles), len(numbers)), np.float32)
    has = [(row, numbers[word]) for row, words in enumerate(titles) for word in words if word in numbers]
    if has:
        table[tuple(zip(*has, strict=True))] = 1
    return table
