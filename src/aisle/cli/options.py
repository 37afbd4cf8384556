"""Options that several commands share, and the types of their values."""

import re
from enum import StrEnum
from typing import Annotated, Final

import typer

from aisle.shop.errors import InputError

SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}
"""How many seconds each unit of a duration has."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Length = Annotated[int, typer.Option("-n", min=1, max=1000, help="How many items.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


class Engine(StrEnum):
    """What does the work."""

    LOCAL = "local"
    SPARK = "spark"


def check_source(source: str | None, engine: Engine) -> None:
    """Refuse a source of events for an engine that reads the shop's database.

    Raises
    ------
    InputError
        If there is a source and the engine is not Spark.
    """
    if source is not None and engine is not Engine.SPARK:
        raise InputError("--source is for --engine spark; aisle import brings files into the shop")


def duration(text: str) -> float:
    """Return the seconds of `90`, `90s`, `10m` or `1.5h`.

    Raises
    ------
    typer.BadParameter
        If the text is not a duration.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is not a duration; write 90s, 10m or 1.5h")
    return float(match[1]) * SECONDS[match[2]]
