"""Which shop a command is about."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from aisle.app.settings import Settings
    from aisle.app.shop import Shop


class Engine(StrEnum):
    """What does the work."""

    LOCAL = "local"
    SPARK = "spark"


@dataclass(frozen=True)
class Where:
    """The shop's folder, and a database that counts more than the one in its settings."""

    folder: Path = Path()
    url: str | None = None

    def settings(self) -> "Settings":
        """Read the shop's settings."""
        from aisle.app.settings import Settings

        overrides: dict[str, Any] = {"database": {"url": self.url}} if self.url else {}
        return Settings.read(self.folder, **overrides)


def where(context: typer.Context) -> Where:
    """Return what the options before the command say."""
    found: Where = context.ensure_object(Where)
    return found


def open_shop(context: typer.Context) -> "Shop":
    """Open the shop that the command line names."""
    from aisle.app.shop import Shop

    return Shop(where(context).settings())
