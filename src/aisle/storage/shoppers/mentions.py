"""The people whom the text of a rejected row names."""

import re
from collections.abc import Collection, Iterator
from typing import Final

import msgspec

_SEPARATORS: Final = re.compile(r"[,;|\t\r\n]")
_PIECES: Final = re.compile(r"""[,;|\t\r\n"'{}\[\]]|:\s""")


def could_mention(raw: bytes, ids: Collection[str]) -> bool:
    """Tell quickly whether a text may name one of these ids; JSON may spell letters as escapes."""
    return b"\\" in raw or any(user_id.encode() in raw for user_id in ids)


def mentions(raw: bytes, ids: Collection[str]) -> bool:
    """Tell whether a whole value in a row's text is one of these ids.

    Parameters
    ----------
    raw
        A JSON object of a row's cells, or the text of a line that could not be split into cells.
    """
    return any(value in ids for value in values(raw))


def values(raw: bytes) -> Iterator[str]:
    """Give every value in a row's text: those of its JSON, or the pieces between the separators of other text."""
    try:
        yield from _leaves(msgspec.json.decode(raw))
    except (ValueError, RecursionError):
        text = raw.decode(errors="replace")
        yield text.strip()
        for pattern in (_SEPARATORS, _PIECES):
            yield from (piece.strip() for piece in pattern.split(text))


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for element in value:
            yield from _leaves(element)
    elif isinstance(value, str):
        yield value
        if value.lstrip()[:1] in ("{", "["):
            yield from values(value.encode())
    elif value is not None:
        yield str(value)
