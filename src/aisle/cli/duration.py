"""A length of time on the command line."""

import re
from typing import Final

import typer

SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}


def duration(text: str) -> float:
    """Return the seconds of `90`, `90s`, `10m` or `1.5h`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no length of time; write it as 90s, 10m or 1.5h")
    return float(found[1]) * SECONDS[found[2]]
