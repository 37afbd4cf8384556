"""`aisle rejects`: the rows that could not be used."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from aisle.cli.options import Json
from aisle.cli.plan_options import takes_plan
from aisle.cli.shop import open_shop

if TYPE_CHECKING:
    from aisle.ingest.plan import Plan

Source = Annotated[str | None, typer.Option(metavar="NAME", help="Only those of this file, or of api.")]

_SHOWN: Final = 60
"""How many letters of a row a table shows."""

rejects = typer.Typer(
    name="rejects", help="Rows that could not be used: list, export and import them again.", no_args_is_help=True
)


@rejects.command("list")
def list_rejects(
    context: typer.Context,
    n: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    each: Annotated[bool, typer.Option("--each", help="Every row by itself, the newest first.")] = False,
    as_json: Json = False,
) -> None:
    """Show what is wrong with the rejects: each reason with its number of rows and one of them."""
    from aisle.app.data.reject_groups import reject_groups
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        rows, count = shop.rejects(n)
        groups = [] if each else reject_groups(shop.db, n)
    if as_json:
        terminal.json(rows if each else groups)
    elif not rows:
        terminal.say("Nothing was rejected.")
    elif each:
        cells = [(Path(row.source).name, row.line, row.reason, row.raw[:_SHOWN]) for row in rows]
        title = f"{count:,} rejected rows, the newest first"
        terminal.out.print(terminal.table(title, ("file", "line", "reason", "row"), cells, right=["line"]))
    else:
        examples = [
            (f"{group.rows:,}", Path(group.source).name, group.line, group.reason, group.raw[:_SHOWN])
            for group in groups
        ]
        title = f"{count:,} rejected rows by reason, with one example of each"
        columns = ("rows", "file", "line", "reason", "row")
        terminal.out.print(terminal.table(title, columns, examples, right=["rows", "line"]))


@rejects.command("export")
def export_rejects(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="A new file of JSON lines.")],
    source: Source = None,
) -> None:
    """Write the rejects into a file, where they can be corrected: each line has the reason and the row."""
    with open_shop(context) as shop:
        count = shop.export_rejects(out, source)
    typer.echo(f'{out} holds {count:,} rows. Correct what is in "row", then: aisle rejects replay --corrected {out}')


@rejects.command("replay")
@takes_plan
def replay_rejects(
    context: typer.Context,
    plan: "Plan",
    source: Source = None,
    corrected: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The corrected file that aisle rejects export wrote.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Import the rejects again: rows that are valid now are stored, the others stay with the new reason.

    Say what the rows of files are with the options that the import got, or printed. Nothing is guessed: without
    --date-format only ISO 8601 and epoch numbers are dates. With --as, only rows of that table are replayed.
    """
    from aisle.cli.display import terminal

    with open_shop(context) as shop, terminal.bars() as progress:
        replayed = shop.replay_rejects(plan, source, corrected, progress)
    if as_json:
        terminal.json(replayed)
        return
    counts = f"{replayed.stored:,} rows stored, {replayed.duplicate:,} duplicate, {replayed.erased:,} of erased people"
    terminal.say(f"{replayed.read:,} rejects read, {replayed.left:,} passed, {replayed.stays:,} stay: {counts}")
    if replayed.number is not None:
        terminal.say(
            f"This is import {replayed.number}; aisle imports undo {replayed.number} takes it back.", style="dim"
        )
