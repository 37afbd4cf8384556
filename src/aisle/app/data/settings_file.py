"""Change `aisle.toml` as its owner would: what is not changed stays as it stands, with its comments and its order."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from aisle.shop.errors import SettingsError


def write_settings(file: Path, section: Sequence[str], settings: Mapping[str, Any]) -> None:
    """Set settings of a section; None takes a setting out, so that it has its default.

    Parameters
    ----------
    file
        The `aisle.toml`; it need not exist.
    section
        Its name, step by step: `("models", "als")` is `[models.als]`.
    settings
        What is set, by name.

    Raises
    ------
    SettingsError
        If the file cannot be written.
    """
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    document: Any = tomlkit.parse(text)
    *outer, last = section
    table = document
    for step in outer:
        table = table.setdefault(step, tomlkit.table(is_super_table=True))
    table = table.setdefault(last, tomlkit.table())
    for name, value in settings.items():
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value
    _replace(file, tomlkit.dumps(document).rstrip("\n") + "\n")


def _replace(file: Path, text: str) -> None:
    """Write a file so that whoever reads it meanwhile finds the old one or the new one."""
    written = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        written.write_text(text, encoding="utf-8")
        written.replace(file)
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}") from None
