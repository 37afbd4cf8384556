"""The n-grams of texts in any language: words, pairs of words, and sequences of letters.

Nothing here knows a language. A word is a run of letters and digits; every other visible sign (punctuation, an emoji)
is a word of its own. Letter sequences serve languages without spaces or with many endings. Capitals make no difference,
nor do accents, which people often leave out.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

LETTERS: Final = (2, 3, 4)
"""The lengths of letter sequences; the space before and after a word counts as a letter."""

_WORD: Final = re.compile(r"\w+|[^\w\s]")
_ACCENTS: Final = dict.fromkeys(range(0x300, 0x370))


class Counted(NamedTuple):
    """The n-grams of some texts, and how often each occurs."""

    terms: list[str]
    """Each n-gram once."""
    counts: csr_array
    """(texts, terms) float32."""


def plain(text: str) -> str:
    """Return a text in lower case and without the accents of Latin, Greek and Cyrillic."""
    text = text.casefold()
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text).translate(_ACCENTS))


def words(text: str) -> list[str]:
    """Return the words of a text, in order and in plain letters; every visible sign is a word."""
    return _WORD.findall(plain(text))


def count_words(texts: Sequence[str]) -> Counted:
    """Count words and pairs of neighbouring words, joined by a space."""
    row, word, terms = numbered(map(words, texts))
    first = np.flatnonzero(row[1:] == row[:-1])
    pairs, pair = np.unique(word[first].astype(np.int64) * len(terms) + word[first + 1], return_inverse=True)
    left, right = np.divmod(pairs, max(len(terms), 1))
    joined = [f"{terms[start]} {terms[end]}" for start, end in zip(left.tolist(), right.tolist(), strict=True)]
    columns = np.concatenate((word, len(terms) + pair))
    return Counted(terms + joined, _counts(np.concatenate((row, row[first])), columns, len(texts), len(terms + joined)))


def count_letters(texts: Sequence[str]) -> Counted:
    """Count the letter sequences of the lengths `LETTERS`; none crosses a space."""
    row, run, runs = numbered(plain(text).split() for text in texts)
    # Most runs are words that occur often: each is split once.
    of_run, letters, terms = numbered(_sequences(f" {text} ") for text in runs)
    held = _counts(of_run, letters, len(runs), len(terms))
    return Counted(terms, csr_array(_counts(row, run, len(texts), len(runs)) @ held))


def _sequences(run: str) -> list[str]:
    return [run[at : at + length] for length in LETTERS for at in range(len(run) - length + 1)]


def numbered(lists: Iterable[Sequence[str]]) -> tuple[NDArray[np.int32], NDArray[np.int32], list[str]]:
    """Return the number of each entry's list, the number of the entry, and the distinct entries by their number.

    Of an iterator one list at a time is held: the words of a large catalogue fill gigabytes.
    """
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    sizes: list[int] = []

    def entries() -> Iterator[int]:
        for row in lists:
            sizes.append(len(row))
            yield from map(numbers.__getitem__, row)

    found = np.fromiter(entries(), np.int32)
    return np.repeat(np.arange(len(sizes), dtype=np.int32), sizes), found, list(numbers)


def _counts(rows: NDArray[np.integer], columns: NDArray[np.integer], height: int, width: int) -> csr_array:
    """Return how often each column occurs in each row, (height, width) float32."""
    return csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(height, width))
