"""Which shop a command is about."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from aisle.app.settings import Settings
    from aisle.app.shop import Shop


@dataclass(frozen=True)
class Where:
    """A shop's folder, and the URL of a database that replaces the one in its settings."""

    folder: Path = Path()
    url: str | None = None

    def settings(self) -> "Settings":
        """Read the shop's settings."""
        from aisle.app.settings import Settings

        overrides: dict[str, Any] = {"database": {"url": self.url}} if self.url else {}
        return Settings.read(self.folder, **overrides)


def where(context: typer.Context) -> Where:
    """Return the shop that the options before the command name."""
    place: Where = context.ensure_object(Where)
    return place


def open_shop(context: typer.Context) -> "Shop":
    """Open the shop that the options before the command name."""
    from aisle.app.shop import Shop

    return Shop(where(context).settings())
