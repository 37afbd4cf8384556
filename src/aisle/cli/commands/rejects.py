"""`aisle rejects`: the rows that could not be used."""

from pathlib import Path
from typing import Annotated

import typer

from aisle.cli.commands.data import Columns, DateFormat, Format, Timezone
from aisle.cli.options import Json
from aisle.cli.shop import open_shop

Source = Annotated[str | None, typer.Option(metavar="NAME", help="Only those of this file, or of api.")]

rejects = typer.Typer(
    name="rejects", help="Rows that could not be used: list, export and import them again.", no_args_is_help=True
)


@rejects.command("list")
def list_rejects(
    context: typer.Context,
    n: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    as_json: Json = False,
) -> None:
    """Show the newest rejects: file, line, reason and the row itself."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        rows, count = shop.rejects(n)
    if as_json:
        terminal.json(rows)
    elif not rows:
        terminal.say("Nothing was rejected.")
    else:
        cells = [(Path(row.source).name, row.line, row.reason, row.raw[:60]) for row in rows]
        title = f"{count:,} rejected rows, the newest first"
        terminal.out.print(terminal.table(title, ("file", "line", "reason", "row"), cells, right=["line"]))


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
def replay_rejects(
    context: typer.Context,
    source: Source = None,
    corrected: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The corrected file that aisle rejects export wrote.")
    ] = None,
    format_: Format = None,
    columns: Columns = None,
    timezone: Timezone = None,
    date_format: DateFormat = None,
    as_json: Json = False,
) -> None:
    """Import the rejects again: rows that are valid now are stored, the others stay with the new reason.

    Say what the rows of files are, as for aisle import. Nothing is guessed: without --date-format only ISO 8601 and
    epoch numbers are dates.
    """
    from aisle.cli.display import terminal
    from aisle.ingest.plan import Plan

    plan = Plan.parse(format=format_, maps=columns, timezone=timezone, date_format=date_format)
    with open_shop(context) as shop, terminal.bars() as progress:
        replayed = shop.replay_rejects(plan, source, corrected, progress)
    if as_json:
        terminal.json(replayed)
        return
    counts = f"{replayed.stored:,} rows stored, {replayed.duplicate:,} duplicate, {replayed.erased:,} of erased people"
    terminal.say(f"{replayed.read:,} rejects read, {replayed.left:,} passed, {replayed.stays:,} stay: {counts}")
