"""Texts of any language, counted: their words and pairs of words, and the letter sequences within what spaces part.

Nothing here knows a language. A word is a run of letters and digits, every other visible sign (punctuation, an emoji)
is a word of its own, and letter sequences carry what has no spaces, or many endings. Capitals make no difference, nor
do the accents that people leave out in a hurry.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

LETTERS: Final = (2, 3, 4)
"""The lengths of letter sequences; the space on either side of a run counts as a letter of it."""

_WORD: Final = re.compile(r"\w+|[^\w\s]")
_ACCENTS: Final = dict.fromkeys(range(0x300, 0x370))


class Counted(NamedTuple):
    """What was found in some texts, and how often."""

    terms: list[str]
    """Each n-gram once."""
    counts: csr_array
    """(texts, terms) float32."""


def plain(text: str) -> str:
    """Return a text in small letters and without the accents of Latin, Greek and Cyrillic."""
    text = text.casefold()
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text).translate(_ACCENTS))


def words(text: str) -> list[str]:
    """Return the words of a text, in order and in plain letters; every visible sign is one."""
    return _WORD.findall(plain(text))


def count_words(texts: Sequence[str]) -> Counted:
    """Count words and pairs of neighbouring words, which a space joins."""
    row, word, terms = numbered([words(text) for text in texts])
    first = np.flatnonzero(row[1:] == row[:-1])
    pairs, pair = np.unique(word[first].astype(np.int64) * len(terms) + word[first + 1], return_inverse=True)
    left, right = np.divmod(pairs, max(len(terms), 1))
    joined = [f"{terms[one]} {terms[other]}" for one, other in zip(left.tolist(), right.tolist(), strict=True)]
    columns = np.concatenate((word, len(terms) + pair))
    return Counted(terms + joined, _counts(np.concatenate((row, row[first])), columns, len(texts), len(terms + joined)))


def count_letters(texts: Sequence[str]) -> Counted:
    """Count the letter sequences of the lengths `LETTERS`; none goes across a space."""
    row, run, runs = numbered([plain(text).split() for text in texts])
    # Most runs are words that come again and again: each is cut up once.
    of_run, letters, terms = numbered([_sequences(f" {one} ") for one in runs])
    held = _counts(of_run, letters, len(runs), len(terms))
    return Counted(terms, csr_array(_counts(row, run, len(texts), len(runs)) @ held))


def _sequences(run: str) -> list[str]:
    return [run[at : at + length] for length in LETTERS for at in range(len(run) - length + 1)]


def numbered(lists: Sequence[Sequence[str]]) -> tuple[NDArray[np.int32], NDArray[np.int32], list[str]]:
    """Return, for each entry of some lists, its list's number and its own, and what the latter stand for."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    sizes = [len(some) for some in lists]
    entries = np.fromiter(map(numbers.__getitem__, chain.from_iterable(lists)), np.int32, sum(sizes))
    return np.repeat(np.arange(len(lists), dtype=np.int32), sizes), entries, list(numbers)


def _counts(rows: NDArray[np.integer], columns: NDArray[np.integer], height: int, width: int) -> csr_array:
    """Return how often each column comes in each row, (height, width) float32."""
    return csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(height, width))
