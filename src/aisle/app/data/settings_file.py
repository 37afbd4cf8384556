"""Changes to `aisle.toml` that keep everything else as it is, with its comments and its order."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from aisle.app.data.atomic_write import atomic_write


def write_settings(file: Path, section: Sequence[str], settings: Mapping[str, Any]) -> None:
    """Set settings of a section; None removes a setting, so that it has its default.

    Parameters
    ----------
    file
        The `aisle.toml`; it need not exist.
    section
        The name of the section, step by step: `("models", "als")` is `[models.als]`.
    settings
        The new values by name.

    Raises
    ------
    FileError
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
    with atomic_write(file, "make the folder and the file writable") as partial:
        partial.write_text(tomlkit.dumps(document).rstrip("\n") + "\n", encoding="utf-8")
