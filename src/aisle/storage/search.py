"""The full-text index of the catalogue: which items a text finds, and how well their words fit.

The databases keep it true themselves (migration 0011). It holds titles, brands, categories and tags, and no
descriptions, whose common words find everything.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Double, Subquery, column, text

from aisle.storage.tables import ID

MOST_WORDS: Final = 8
"""How many words of a text count."""

MOST_LETTERS: Final = 64
"""How many letters of a word count."""

FULL_TEXT: Final = re.compile("item_search.*")
"""The names of what the databases keep for it, which the tables of the code do not declare."""

_FOUND: Final = {
    "sqlite": """
        SELECT item_id, -bm25(item_search, 10, 3, 3, 3) AS relevance
        FROM item_search JOIN item_search_rows ON number = item_search.rowid WHERE item_search MATCH :words
    """,
    "mysql": """
        SELECT item_id, MATCH (item_search) AGAINST (:words IN BOOLEAN MODE) AS relevance
        FROM items WHERE MATCH (item_search) AGAINST (:words IN BOOLEAN MODE)
    """,
    "postgresql": """
        SELECT item_id, ts_rank(item_search, to_tsquery('simple', :words)) AS relevance
        FROM items WHERE item_search @@ to_tsquery('simple', :words)
    """,
}

_QUERIES: Final[dict[str, Callable[[Sequence[str], str], str]]] = {
    "sqlite": lambda whole, last: " ".join([*(f'"{word}"' for word in whole), f'"{last}"*']),
    "mysql": lambda whole, last: " ".join([*(f"+zz{word}" for word in whole), f"+zz{last}*"]),
    "postgresql": lambda whole, last: " & ".join([*(f"'{word}'" for word in whole), f"'{last}':*"]),
}


def words_of(text: str) -> list[str]:
    """Return the words by which a text searches: letters and digits, in lower case and without accents."""
    parts = unicodedata.normalize("NFD", text.lower())
    bare = unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", parts))
    plain = "".join(letter if unicodedata.category(letter)[0] in "LNM" else " " for letter in bare)
    return [word[:MOST_LETTERS] for word in plain.split()[:MOST_WORDS]]


def found(database: str, words: Sequence[str]) -> Subquery:
    """Return the `item_id` and the `relevance` of all items that have every word; the last may be the start of one.

    Parameters
    ----------
    database
        The kind of database: `sqlite`, `mysql` or `postgresql`.
    words
        Those of `words_of`, one at least.
    """
    query = _QUERIES[database](words[:-1], words[-1])
    columns: Any = (column("item_id", ID), column("relevance", Double))
    return text(_FOUND[database]).bindparams(words=query).columns(*columns).subquery("found")
