"""`aisle models`: the trained models."""

from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.options import Json
from aisle.cli.shop import open_shop
from aisle.shop.moments import from_moment

if TYPE_CHECKING:
    from aisle.storage.work.models import ModelRow

models = typer.Typer(name="models", help="The trained models of this shop.", no_args_is_help=True)


@models.command("list")
def list_models(context: typer.Context, as_json: Json = False) -> None:
    """List the trained models, newest first."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        rows = shop.models()
    if as_json:
        terminal.json(rows)
    elif not rows:
        terminal.say("No model yet: run aisle train.")
    else:
        columns = ["version", "status", "trained (UTC)", "note"]
        if any(row.run_id for row in rows):
            columns.insert(3, "run")
        cells = [[_cells(row)[column] for column in columns] for row in rows]
        terminal.out.print(terminal.table("Models", columns, cells, right=["version"]))


def _cells(row: "ModelRow") -> dict[str, object]:
    """Return the cells of a model by their columns."""
    return {
        "version": row.version,
        "status": row.status,
        "trained (UTC)": f"{from_moment(row.created):%Y-%m-%d %H:%M}",
        "run": row.run_id,
        "note": row.note,
    }


@models.command()
def promote(
    context: typer.Context, version: Annotated[int, typer.Argument(help="A version that aisle models list shows.")]
) -> None:
    """Make a model live, whatever its figures are; every process follows within two seconds."""
    with open_shop(context) as shop:
        shop.promote(version)
    typer.echo(f"Model {version} is live.")


@models.command()
def rollback(context: typer.Context) -> None:
    """Go back to the model that was live before; every process follows within two seconds."""
    with open_shop(context) as shop:
        version = shop.rollback()
    typer.echo(f"Model {version} is live again.")
