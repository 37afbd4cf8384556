"""Commands that bring data in and give it out: `init`, `import`, `export` and `rejects`."""

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.shop import open_shop, where
from aisle.shop.columns import EVENT_ID, PRICE, TIMESTAMP
from aisle.shop.errors import InputError
from aisle.shop.moments import from_moment
from aisle.shop.money import format_money

if TYPE_CHECKING:
    import polars as pl

    from aisle.app.data.importing import Imported
    from aisle.ingest.guess import Guess


class Kind(StrEnum):
    """What an export is written as."""

    PARQUET = "parquet"


class Table(StrEnum):
    """What a file holds."""

    EVENTS = "events"
    ITEMS = "items"
    USERS = "users"
    REVIEWS = "reviews"


Format = Annotated[str | None, typer.Option("--format", metavar="NAME", help="A known log.")]
Columns = Annotated[
    list[str] | None, typer.Option("--map", metavar="THEIRS=OURS", help="Name a column; may be repeated.")
]
Timezone = Annotated[str | None, typer.Option(help="Of times without one, such as Europe/London.")]
DateFormat = Annotated[str | None, typer.Option(help="Such as '%d/%m/%Y %H:%M'.")]
Source = Annotated[str | None, typer.Option(metavar="NAME", help="Only those of this file, or of api.")]

rejects = typer.Typer(help="Rows of imports and requests that were rejected.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(init)
    app.command("import")(import_)
    app.command()(export)
    app.add_typer(rejects, name="rejects")


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new shop's folder.")] = Path(),
    name: Annotated[str | None, typer.Option(help="What pages call the shop; the folder's name if left out.")] = None,
) -> None:
    """Make a shop: a folder with its settings and an empty database."""
    from aisle.app.data.setup import make_shop

    shop = where(context)
    made = make_shop(shop.folder / folder, name, shop.url)
    typer.echo(f"{made} is ready. Next: aisle -C {made} import FILE…")


def import_(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="CSV, CSV.GZ, TSV, Parquet, JSONL or XLSX.")],
    table: Annotated[Table | None, typer.Option("--as", help="What the files hold; guessed if left out.")] = None,
    format_: Format = None,
    columns: Columns = None,
    timezone: Timezone = None,
    date_format: DateFormat = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask about a guess.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Import logs, catalogues, shoppers or reviews. Rows that cannot be used are set aside, with the reason.

    With neither --format nor --map, Aisle guesses and shows what it would do. The same rows again are not stored twice.
    A folder that aisle export wrote is imported whole.
    """
    from aisle.cli import show
    from aisle.ingest.guess import guess
    from aisle.ingest.plan import Plan

    if len(files) == 1 and files[0].is_dir():
        with open_shop(context) as shop, show.bars() as progress:
            _show_imported(shop.import_export(files[0], progress), as_json)
        return
    if format_ or columns:
        plan = Plan.parse(table=table, format=format_, maps=columns, timezone=timezone, date_format=date_format)
    else:
        guessed = guess(files, table, timezone, date_format)
        if not as_json:
            _show_guess(guessed, files)
        if not yes and not as_json:
            _ask()
        plan = guessed.plan
    with open_shop(context) as shop, show.bars() as progress:
        imported = shop.import_files(files, plan, progress)
    _show_imported(imported, as_json)


def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    kind: Annotated[Kind, typer.Option("--to", help="What to write.")] = Kind.PARQUET,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Write events, items, users, reviews and the cleaned interactions as files that aisle import and analysts read."""
    from aisle.cli import show

    with open_shop(context) as shop, show.bars() as progress:
        exported = shop.export(folder, progress)
    if as_json:
        show.json(exported)
        return
    rows = ", ".join(f"{count:,} {name}" for name, count in exported.rows.items())
    show.out.print(
        f"{folder} holds {rows} as {kind.value} ({exported.bytes / 1e6:,.1f} MB).", highlight=False, soft_wrap=True
    )


def _show_imported(imported: "Imported", as_json: bool) -> None:
    from aisle.cli import show

    if as_json:
        show.json(imported)
        return
    show.out.print(show.import_lines(imported), highlight=False, soft_wrap=True)
    if imported.rejected:
        show.out.print("[dim]aisle rejects list shows the rejected rows and why.[/dim]")


def _show_guess(guessed: "Guess", files: list[Path]) -> None:
    """Show what a guess would make of the files, and the command that says so."""
    from aisle.cli import show

    rows = [(name, *_readable(guessed.sample[name])) for name in guessed.sample.columns if name != EVENT_ID]
    filled = [row for row in rows if any(row[1:])]
    numbers = [str(number + 1) for number in range(guessed.sample.height)]
    show.out.print(show.table(f"The first rows, as {guessed.table}", ("column", *numbers), filled))
    for note in guessed.notes:
        show.out.print(note, highlight=False, markup=False)
    for reason, count in guessed.rejects.items():
        share = f"{count:,} of the first {guessed.looked_at:,} rows"
        show.out.print(f"{share} would be rejected: {reason}", highlight=False, markup=False)
    command = shlex.join(["aisle", "import", *map(str, files), *guessed.arguments])
    show.out.print(f"The same as: {command}", highlight=False, markup=False, soft_wrap=True)


def _readable(cells: "pl.Series") -> list[str]:
    """Return the cells of one of our columns as people write them: dates, and money in currency units."""
    show_as = {TIMESTAMP: lambda moment: f"{from_moment(moment):%Y-%m-%d %H:%M:%S}", PRICE: format_money}
    return ["" if cell is None else show_as.get(cells.name, str)(cell) for cell in cells]


def _ask() -> None:
    """Go on with Enter; anything else stops."""
    answer = typer.prompt("Enter imports, anything else stops", default="", show_default=False)
    if answer.strip().lower() not in ("", "y", "yes"):
        raise InputError("nothing was imported; correct the command above and run it")


@rejects.command("list")
def list_rejects(
    context: typer.Context,
    n: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show the rows that were set aside last: file, line, reason and the row itself."""
    from aisle.cli import show

    with open_shop(context) as shop:
        rows, count = shop.rejects(n)
    if as_json:
        show.json(rows)
    elif not rows:
        show.out.print("Nothing was rejected.")
    else:
        cells = [(Path(row.source).name, row.line, row.reason, row.raw[:60]) for row in rows]
        title = f"{count:,} rejected rows, the newest first"
        show.out.print(show.table(title, ("file", "line", "reason", "row"), cells, right=["line"]))


@rejects.command("export")
def export_rejects(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="A new file of JSON lines.")],
    source: Source = None,
) -> None:
    """Write the rows that were set aside into a file, to be mended there: each line has the reason and the row."""
    with open_shop(context) as shop:
        count = shop.export_rejects(out, source)
    typer.echo(f'{count:,} rows are in {out}. Mend what is in "row", then: aisle rejects replay --corrected {out}')


@rejects.command("replay")
def replay_rejects(
    context: typer.Context,
    source: Source = None,
    corrected: Annotated[Path | None, typer.Option(metavar="FILE", help="What export wrote, mended.")] = None,
    format_: Format = None,
    columns: Columns = None,
    timezone: Timezone = None,
    date_format: DateFormat = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Try the rows that were set aside again: those that pass are stored, the others stay with the new reason.

    Say what the rows of files are, as for aisle import. Nothing is guessed: without --date-format only ISO 8601 and
    epoch numbers are dates.
    """
    from aisle.cli import show
    from aisle.ingest.plan import Plan

    plan = Plan.parse(format=format_, maps=columns, timezone=timezone, date_format=date_format)
    with open_shop(context) as shop, show.bars() as progress:
        replayed = shop.replay_rejects(plan, source, corrected, progress)
    if as_json:
        show.json(replayed)
        return
    counts = f"{replayed.stored:,} rows stored, {replayed.duplicate:,} duplicate, {replayed.erased:,} of erased people"
    typer.echo(f"{replayed.read:,} rejects read, {replayed.left:,} passed, {replayed.stays:,} stay: {counts}")
