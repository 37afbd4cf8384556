"""`aisle evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from aisle.cli.options import Json
from aisle.cli.shop import open_shop


def evaluate(
    context: typer.Context,
    names: Annotated[str, typer.Option("--models", help="The models, separated by commas.")] = "als,popularity",
    n: Annotated[int, typer.Option("-n", min=1, max=1000, help="Length of the list.")] = 20,
    as_json: Json = False,
    html: Annotated[Path | None, typer.Option(help="Also write a page with the figures.")] = None,
) -> None:
    """Fit models on the past and score what shoppers bought afterwards, the whole catalogue ranked."""
    from aisle.cli.display import terminal
    from aisle.cli.display.figures import measured_tables
    from aisle.report.file import check_target, write_page
    from aisle.report.models import models_page

    if html:
        check_target(html)
    with open_shop(context) as shop, terminal.bars() as progress:
        measured = shop.evaluate([name.strip() for name in names.split(",") if name.strip()], n, progress)
    if html:
        write_page(models_page(measured, shop.settings.shop), html)
    if as_json:
        terminal.json(measured)
        return
    terminal.out.print(measured_tables(measured))
    if html:
        terminal.say(f"The page is in {html}.")
