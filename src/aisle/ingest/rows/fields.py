"""One field of a JSON object of a request: its text, if its JSON type fits the column."""

from typing import Final

import msgspec

from aisle.ingest.json import cell_of
from aisle.shop import columns as c
from aisle.shop.errors import InputError

_NUMBER: Final = b"-0123456789"
_OBJECTS: Final = (c.PROPERTIES, c.ATTRIBUTES)
_WANTED: Final = {"str": "text", "bool": "true or false"}


def field_of(table: str, name: str, raw: msgspec.Raw) -> str | None:
    """Return a field as text.

    Whatever it is, it may be null, or be written as text. Whole numbers may stand for text, as ids are numbers in many
    shops, and numbers for truth.

    Raises
    ------
    InputError
        If its type does not fit the column, or it is not valid Unicode.
    """
    view = bytes(raw)
    if not _fits(name, c.TABLES[table][name], view):
        wanted = "an object" if name in _OBJECTS else _WANTED.get(c.TABLES[table][name], "a number")
        raise InputError(f"{name} {view[:60].decode(errors='ignore')} is not {wanted}")
    try:
        return cell_of(raw)
    except ValueError as error:
        raise InputError(f"{name} is not valid Unicode: {error}") from None


def _fits(name: str, kind: str, view: bytes) -> bool:
    first = view[:1]
    if first in b'"n':
        return True
    if name in _OBJECTS:
        return first == b"{"
    if first in _NUMBER:
        return kind != "str" or view.isdigit()
    return kind == "bool" and first in b"tf"
