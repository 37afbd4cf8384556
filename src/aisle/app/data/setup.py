"""A new shop: a folder with its settings and an empty database."""

from pathlib import Path
from typing import Any

import msgspec

from aisle.app.settings import FILE, TEMPLATE, Settings
from aisle.shop.errors import FileError, SettingsError
from aisle.storage.connection import connect
from aisle.storage.migrations import upgrade


def make_shop(folder: Path, name: str | None = None, url: str | None = None, *, simulated: bool = False) -> Path:
    """Create a shop in a folder, and the folder too; an existing shop keeps its settings and its data.

    Parameters
    ----------
    folder
        The folder of `aisle.toml`, the models and, without `url`, the database.
    name
        The name of the shop; the folder's name by default.
    url
        A database elsewhere, as an SQLAlchemy URL.
    simulated
        Whether the data is simulated; every page and report then says so.

    Returns
    -------
    The folder.

    Raises
    ------
    FileError
        If the folder cannot be created or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / FILE).exists():
            (folder / FILE).write_text(
                _template(name or folder.resolve().name or "My shop", url, simulated), encoding="utf-8"
            )
    except OSError as error:
        raise FileError(
            f"cannot make a shop in {folder}: {error.strerror}; choose a folder that you may write"
        ) from None
    prepare_database(Settings.read(folder, **overrides(url)))
    return folder


def prepare_database(settings: Settings) -> None:
    """Create the tables, or migrate them to the newest schema."""
    with connect(settings.database_url, create=True) as db:
        upgrade(db)


def overrides(url: str | None) -> dict[str, Any]:
    """Return the settings that a database URL overrides; none without a URL."""
    return {"database": {"url": url}} if url else {}


def _template(name: str, url: str | None, simulated: bool) -> str:
    if not name.isprintable():
        raise SettingsError(f"the name {name!r} holds control characters; choose another with --name")
    text = TEMPLATE.format(name=_quoted(name))
    if url:
        text = text.replace('# url = "sqlite:///aisle.db"', f"url = {_quoted(url)}")
    if simulated:
        text = text.replace("# simulated = false", "simulated = true")
    return text


def _quoted(text: str) -> str:
    """Return a text as a TOML string; JSON strings have the same syntax."""
    return msgspec.json.encode(text).decode()


def folder_and_url(where: str) -> tuple[Path, str | None]:
    """Return the folder of a shop, and its database URL if `where` is one."""
    if "://" not in where:
        return Path(where), None
    path = where.removeprefix("sqlite:///")
    return (Path(path).parent, f"sqlite:///{Path(path).name}") if path != where else (Path(), where)
