"""Variants as people write them: `NAME:KEY=VALUE;KEY=VALUE` on the command line, a line per setting in the console."""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from aisle.shop.errors import InputError

OF_VARIANT: Final = ("model", "holdout", "weight")
"""What a variant is given beside settings of the placement."""

_BETWEEN: Final = re.compile(r"[;\n]")


def variant_of(text: str) -> dict[str, Any]:
    """Return a variant of `NAME:KEY=VALUE[;KEY=VALUE]`.

    Raises
    ------
    InputError
        If a part is no setting.
    """
    name, _, rest = text.partition(":")
    return variant(name.strip(), rest)


def variant(name: str, text: str) -> dict[str, Any]:
    """Return a variant of its name and `KEY=VALUE`, several with `;` or a new line between them.

    Values are as in aisle.toml, and texts need no quotes.

    Raises
    ------
    InputError
        If a part is no setting.
    """
    made: dict[str, Any] = {"name": name, "settings": {}}
    for part in filter(None, (part.strip() for part in _BETWEEN.split(text))):
        key, is_given, value = (piece.strip() for piece in part.partition("="))
        if not is_given:
            raise InputError(f"variant {name}: {part!r} is no setting; write KEY=VALUE, several with ; between them")
        where = made if key in OF_VARIANT else made["settings"]
        where[key] = _value(value)
    return made


def written(settings: Mapping[str, Any]) -> list[str]:
    """Return settings as `variant` reads them, a text for each."""
    return [f"{key} = {_written(value)}" for key, value in settings.items()]


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _written(value: Any) -> str:
    """Return a value as TOML has it; lists and numbers are written as in JSON, tables are not."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
