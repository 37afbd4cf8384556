"""Commands about the database itself: `db upgrade` and `db check`."""

from typing import Annotated

import typer

from aisle.cli.shop import where
from aisle.shop.errors import StorageError

db = typer.Typer(help="The shop's database: its tables and how it is.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(db, name="db")


@db.command()
def upgrade(context: typer.Context) -> None:
    """Bring the tables up to this version of Aisle; the shop may go on meanwhile."""
    from aisle.app.data.database import upgrade_database

    before, after = upgrade_database(where(context).settings())
    typer.echo(
        f"The schema is {after} already." if before == after else f"The schema was {before or 'none'}, now {after}."
    )


@db.command()
def check(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False
) -> None:
    """Look the database over: schema, engine, durability, integrity, and what to do. Reads the whole of it."""
    from aisle.app.data.database import check_database
    from aisle.cli import show

    facts = check_database(where(context).settings())
    if as_json:
        show.json([fact._asdict() for fact in facts])
    else:
        show.out.print(show.table("The database", ("", "value", "what to do"), facts))
    if wrong := [fact.name for fact in facts if fact.remedy]:
        raise StorageError(f"the database needs attention: {', '.join(wrong)}; see what to do above")
