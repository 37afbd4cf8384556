"""The full-text index of the catalogue: which items a text finds, and how well their words fit.

The databases keep it true themselves (migration 0011). It holds titles, brands, categories and tags, and no
descriptions, whose common words find everything.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, FromClause, column, func, literal_column, table

from aisle.storage.database.column_types import ID
from aisle.storage.tables import items

MOST_WORDS: Final = 8
"""How many words of a text count."""

MOST_LETTERS: Final = 64
"""How many letters of a word count."""

FULL_TEXT: Final = re.compile("item_search.*")
"""The names of what the databases keep for it, which the tables of the code do not declare."""

_INDEX: Final[Any] = literal_column("item_search")
"""The index: a column of the items on servers, a table with a column of the same name on SQLite."""

_ENTRIES: Final = table("item_search", column("rowid"))
_ROWS: Final = table("item_search_rows", column("number"), column("item_id", ID))
_INDEXED: Final = items.join(_ROWS, _ROWS.c.item_id == items.c.item_id).join(
    _ENTRIES, _ENTRIES.c.rowid == _ROWS.c.number
)


class _Language(NamedTuple):
    """How a database is asked for items with every one of some words."""

    word: str
    start: str
    """The start of a word."""
    and_: str


_LANGUAGES: Final = {
    "sqlite": _Language('"{}"', '"{}"*', " "),
    "mysql": _Language("+zz{}", "+zz{}*", " "),
    "postgresql": _Language("'{}'", "'{}':*", " & "),
}


def words_of(text: str) -> list[str]:
    """Return the words by which a text searches: letters and digits, in lower case and without accents."""
    parts = unicodedata.normalize("NFD", text.lower())
    bare = unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", parts))
    plain = "".join(letter if unicodedata.category(letter)[0] in "LNM" else " " for letter in bare)
    return [word[:MOST_LETTERS] for word in plain.split()[:MOST_WORDS]]


def _may_be_a_start(word: str) -> bool:
    """Tell whether a word may be the start of one: a letter of an alphabet or a digit starts too many to look at."""
    return len(word) > 1 or unicodedata.category(word) == "Lo"  # such as a character of Chinese, which is a word


class Matching(NamedTuple):
    """What a query needs to find items by words."""

    source: FromClause
    """What it selects from: the items, and what is joined to them."""
    condition: ColumnElement[bool]
    """Whether an item has every word; the last may be the start of one, if it is longer than a letter."""
    relevance: ColumnElement[float]
    """How well the words of an item fit."""


def matching(database: str, words: Sequence[str]) -> Matching:
    """Return how a query finds items by words.

    Parameters
    ----------
    database
        The kind of database: `sqlite`, `mysql` or `postgresql`.
    words
        Those of `words_of`, one at least.
    """
    language = _LANGUAGES[database]
    last = language.start if _may_be_a_start(words[-1]) else language.word
    query = language.and_.join([*map(language.word.format, words[:-1]), last.format(words[-1])])
    if database == "sqlite":
        return Matching(_INDEXED, _INDEX.op("MATCH")(query), -func.bm25(_INDEX, 10, 3, 3, 3))
    if database == "mysql":
        from sqlalchemy.dialects.mysql import match

        fits = match(_INDEX, against=query, in_boolean_mode=True)
        return Matching(items, fits, fits)
    asked = func.to_tsquery("simple", query)
    return Matching(items, _INDEX.op("@@")(asked), func.ts_rank(_INDEX, asked))
