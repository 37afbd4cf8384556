"""What JSON allows and Aisle does not: a key given twice, deep nesting, a bad event among good ones."""

import json
import re
from typing import Any, Final

import msgspec

from aisle.shop.events import MAX_TEXT_BYTES

MAX_DEPTH: Final = 64
"""How deep an event may nest; more is the mistake of a program."""

_TEXT: Final = msgspec.json.Decoder(str)
_KEY_END: Final = re.compile(rb'"\s*:')
_BLANKS: Final = " \t\r\n"
_DECODER: Final = json.JSONDecoder(parse_float=str, parse_int=str)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{twice[:60]!r} is given twice; send it once")
    return unique


_CHECKING: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_float=str, parse_int=str)


def check_object(text: bytes, keys: int) -> None:
    """Make sure that no object in a JSON text has a key twice, and that it does not nest too deeply.

    Parameters
    ----------
    text
        A JSON object that was read already.
    keys
        How many different keys it has.

    Raises
    ------
    ValueError
        If a key is given twice, or it nests too deeply.
    """
    # A key ends with a quote and a colon. No more of these than keys: none is given twice, and no object is nested.
    if len(_KEY_END.findall(text)) == keys and text.count(b"[") <= MAX_DEPTH:
        return
    _check_depth(_CHECKING.decode(text.decode()))


def cell_of(raw: msgspec.Raw) -> str | None:
    """Return a JSON value as text; raise ValueError if it is not valid Unicode."""
    view = bytes(raw)
    if view.startswith(b'"'):
        return _TEXT.decode(view) or None
    return None if view == b"null" else view.decode()


def is_object(text: str) -> bool:
    """Tell whether a text of at most 32 KB is a JSON object."""
    if len(text) > MAX_TEXT_BYTES:
        return False
    try:
        msgspec.json.decode(text, type=dict[str, object])
    except (ValueError, RecursionError):
        return False
    return True


def _check_depth(value: object) -> None:
    level, depth = [value], 0
    while level := [part for value in level for part in _parts(value)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"it nests deeper than {MAX_DEPTH} levels; flatten it")


def _parts(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def split(body: bytes) -> list[bytes]:
    """Return the text of each event of a body: an object, the objects of a list, or those of `{"events": [...]}`.

    Here NaN may stand for a number, and half of a surrogate pair in a text, which is not JSON, so that only the event
    that holds it is rejected.

    Raises
    ------
    ValueError
        If the body is of no such shape.
    RecursionError
        If it nests too deeply to be read at all.
    """
    text = body.decode()
    start = _past_blanks(text, 0)
    if text.startswith("[", start):
        events, end = _elements(text, start)
    else:
        events, end = _events_of(text, start)
    if _past_blanks(text, end) < len(text):
        raise ValueError(f"nothing may follow the events (character {end})")
    return events


def _events_of(text: str, start: int) -> tuple[list[bytes], int]:
    """Return the events of an object, which are in its `events` or are the object itself, and where it ends."""
    value, end = _DECODER.raw_decode(text, start)
    if not isinstance(value, dict):
        raise ValueError("it is neither an object nor a list")
    if "events" not in value:
        return [text[start:end].encode()], end
    at = start
    while True:
        key, at = _DECODER.raw_decode(text, _past_blanks(text, at + 1))
        at = _past_blanks(text, _past_blanks(text, at) + 1)
        if key == "events":
            return _elements(text, at)[0], end
        at = _past_blanks(text, _DECODER.raw_decode(text, at)[1])


def _elements(text: str, start: int) -> tuple[list[bytes], int]:
    """Return the texts of a list's elements, and where it ends."""
    if not text.startswith("[", start):
        raise ValueError(f"a list is expected (character {start})")
    elements: list[bytes] = []
    at = _past_blanks(text, start + 1)
    if text.startswith("]", at):
        return elements, at + 1
    while True:
        _, end = _DECODER.raw_decode(text, at)
        elements.append(text[at:end].encode())
        at = _past_blanks(text, end)
        if text.startswith("]", at):
            return elements, at + 1
        if not text.startswith(",", at):
            raise ValueError(f"a comma is expected (character {at})")
        at = _past_blanks(text, at + 1)


def _past_blanks(text: str, at: int) -> int:
    while text[at : at + 1] in _BLANKS and at < len(text):
        at += 1
    return at
