"""Commands that keep a shop safe: `backup` and `restore`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.shop import open_shop, where

if TYPE_CHECKING:
    from aisle.app.data.backup import Copied

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    as_json: AsJson = False,
) -> None:
    """Write all data and the live model into one file, while the shop goes on. It fits every kind of database."""
    from aisle.cli import show

    with open_shop(context) as shop, show.bars() as progress:
        copied = shop.backup(file, progress)
    _show(f"{file} holds", copied, as_json)


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What aisle backup wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the data that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of all data and of the live model. Who was erased since then stays erased."""
    from aisle.app.data.backup import restore as restore_file
    from aisle.cli import show

    with show.bars() as progress:
        copied = restore_file(where(context).settings(), file, force=force, progress=progress)
    _show("restored", copied, as_json)


def _show(what: str, copied: "Copied", as_json: bool) -> None:
    from aisle.cli import show
    from aisle.shop.moments import from_moment

    if as_json:
        show.json(copied)
        return
    rows = ", ".join(f"{count:,} {name}" for name, count in copied.rows.items() if count)
    model = f"model {copied.model}" if copied.model is not None else "no model"
    moment = f"{from_moment(copied.created):%Y-%m-%d %H:%M:%S} UTC"
    typer.echo(f"{what} {rows or 'no rows'} and {model}, as of {moment} ({copied.bytes / 1e6:,.1f} MB)")
