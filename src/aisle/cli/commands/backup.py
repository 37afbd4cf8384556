"""`aisle backup` and `aisle restore`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.options import Json
from aisle.cli.shop import open_shop, where

if TYPE_CHECKING:
    from aisle.app.data.backup import Copied


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    as_json: Json = False,
) -> None:
    """Write all data and the live model into one file, while the shop goes on. It fits every kind of database."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop, terminal.bars() as progress:
        copied = shop.backup(file, progress)
    _show(f"{file} holds", copied, as_json)


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that aisle backup wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the shop's present data.")] = False,
    as_json: Json = False,
) -> None:
    """Replace all data and the live model by those of a backup. People who were erased since then stay erased."""
    from aisle.app.data.backup import restore as restore_file
    from aisle.cli.display import terminal

    with terminal.bars() as progress:
        copied = restore_file(where(context).settings(), file, force=force, progress=progress)
    _show("Restored:", copied, as_json)


def _show(what: str, copied: "Copied", as_json: bool) -> None:
    from aisle.cli.display import terminal
    from aisle.shop.moments import from_moment

    if as_json:
        terminal.json(copied)
        return
    rows = ", ".join(f"{count:,} {name}" for name, count in copied.rows.items() if count)
    model = f"model {copied.model}" if copied.model is not None else "no model"
    moment = f"{from_moment(copied.created):%Y-%m-%d %H:%M:%S} UTC"
    terminal.say(f"{what} {rows or 'no rows'} and {model}, as of {moment} ({copied.bytes / 1e6:,.1f} MB)")
