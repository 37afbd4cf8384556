"""`aisle init`, `aisle import` and `aisle export`: data goes in and comes out."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from aisle.cli.options import Json, Yes
from aisle.cli.plan_options import takes_plan
from aisle.cli.shop import open_shop, where
from aisle.shop.errors import InputError

if TYPE_CHECKING:
    from aisle.app.data.importing import Imported
    from aisle.ingest.plan import Plan


NOTHING_NEW: Final = 3
"""The exit code of an import whose rows are all stored already."""


class Target(StrEnum):
    """The kind of file that an export writes."""

    PARQUET = "parquet"


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new shop's folder.")] = Path(),
    name: Annotated[str | None, typer.Option(help="The shop's name on pages; by default the folder's.")] = None,
) -> None:
    """Make a shop: a folder with its settings and an empty database."""
    from aisle.app.data.setup import make_shop

    shop = where(context)
    place = make_shop(shop.folder / folder, name, shop.url)
    typer.echo(f"{place} is ready. Next: aisle -C {place} import FILE…")


@takes_plan
def import_(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="CSV, CSV.GZ, TSV, Parquet, JSONL or XLSX.")],
    plan: "Plan",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Import logs, catalogues, shoppers or reviews. Rows that cannot be used are kept as rejects, with the reason.

    Without --format, Aisle guesses what you do not say and shows what it would do. Importing the same rows again stores
    nothing twice. A folder that aisle export wrote is imported whole.
    """
    from aisle.cli.display import terminal
    from aisle.cli.display.imports import print_guess
    from aisle.ingest.guessing.guess import guess

    if len(files) == 1 and files[0].is_dir():
        with open_shop(context) as shop, terminal.bars() as progress:
            imported = shop.import_export(files[0], progress)
        _show(imported, as_json)
        _check_stored(imported)
        return
    if plan.format is None:
        guessed = guess(files, plan)
        if not as_json:
            print_guess(guessed, files)
        if not yes and not as_json and guessed.adds_columns_to(plan):
            _confirm()
        plan = guessed.plan
    with open_shop(context) as shop, terminal.bars() as progress:
        imported = shop.import_files(files, plan, progress)
    _show(imported, as_json)
    _check_stored(imported)


def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    target: Annotated[Target, typer.Option("--to", help="The kind of files.")] = Target.PARQUET,
    as_json: Json = False,
) -> None:
    """Write events, items, users, reviews and the cleaned interactions as files for aisle import and for analysts."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop, terminal.bars() as progress:
        exported = shop.export(folder, progress)
    if as_json:
        terminal.json(exported)
        return
    rows = ", ".join(f"{count:,} {name}" for name, count in exported.rows.items())
    terminal.say(f"{folder} holds {rows} as {target.value} ({exported.bytes / 1e6:,.1f} MB).")


def _show(imported: "Imported", as_json: bool) -> None:
    from aisle.cli.display import terminal
    from aisle.cli.display.imports import import_lines

    if as_json:
        terminal.json(imported)
        return
    for line in import_lines(imported):
        terminal.say(line)
    if imported.rejected:
        terminal.say("aisle rejects list shows the rejected rows and the reasons.", style="dim")
    if imported.changed:
        terminal.say(
            f"This is import {imported.number}; aisle imports undo {imported.number} takes it back.", style="dim"
        )


def _check_stored(imported: "Imported") -> None:
    """Exit with another code than 0 if nothing was stored.

    Raises
    ------
    InputError
        If every row was rejected.
    """
    if imported.changed:
        return
    if imported.rejected == imported.read:
        raise InputError(f"nothing was imported: all {imported.rejected:,} rows were rejected; see aisle rejects list")
    from aisle.cli.display import terminal

    terminal.say("Nothing new: what can be stored is stored already.", console=terminal.err)
    raise typer.Exit(NOTHING_NEW)


def _confirm() -> None:
    """Go on with Enter, `y` or `yes`.

    Raises
    ------
    InputError
        If the answer is anything else.
    """
    answer = typer.prompt("Press Enter to import; anything else stops", default="", show_default=False)
    if answer.strip().lower() not in ("", "y", "yes"):
        raise InputError("nothing was imported; correct the command above and run it")
