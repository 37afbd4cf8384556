"""`aisle marts`: tables for business intelligence."""

from pathlib import Path
from typing import Annotated

import typer

from aisle.cli.options import Json
from aisle.cli.shop import open_shop

marts = typer.Typer(name="marts", help="Tables for Tableau, Power BI and Metabase.", no_args_is_help=True)


@marts.command()
def build(context: typer.Context, as_json: Json = False) -> None:
    """Bring the marts in the shop's database up to date; from then on the worker does it daily."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop, terminal.bars() as progress:
        built = shop.build_marts(progress)
    if as_json:
        terminal.json(built)
        return
    rows = [(name, f"{count:,}") for name, count in built.rows.items()]
    terminal.out.print(terminal.table("Marts", ("table", "rows written"), rows, right=["rows written"]))
    terminal.say(f"{built.days:,} days were new or had changed; it took {built.seconds:.1f} s.")


@marts.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    kind: Annotated[
        str, typer.Option("--as", metavar="KIND", help="parquet, or tableau: an extract and a workbook.")
    ] = "parquet",
    as_json: Json = False,
) -> None:
    """Write the marts into a new folder, with questions in SQL to start with."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop, terminal.bars() as progress:
        exported = shop.export_marts(folder, kind, progress)
    if as_json:
        terminal.json(exported)
        return
    size = exported.bytes / 1e6
    terminal.say(f"{folder} holds {sum(exported.rows.values()):,} rows of {len(exported.rows)} tables, {size:.1f} MB.")
