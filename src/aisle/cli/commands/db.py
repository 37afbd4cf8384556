"""`aisle db`: the database itself."""

import typer

from aisle.cli.options import Json
from aisle.cli.shop import where
from aisle.shop.errors import StorageError

db = typer.Typer(name="db", help="The shop's database: bring it up to date, check its health.", no_args_is_help=True)


@db.command()
def upgrade(context: typer.Context) -> None:
    """Bring the tables up to this version of Aisle; the shop may go on meanwhile."""
    from aisle.app.data.database import upgrade_database

    before, after = upgrade_database(where(context).settings())
    typer.echo(
        f"The schema is {after} already." if before == after else f"The schema was {before or 'none'}, now {after}."
    )


@db.command()
def check(context: typer.Context, as_json: Json = False) -> None:
    """Check schema, engine, durability and integrity, and say what to do. Reads the whole database."""
    from aisle.app.data.database import check_database
    from aisle.cli.display import terminal

    facts = check_database(where(context).settings())
    if as_json:
        terminal.json([fact._asdict() for fact in facts])
    else:
        terminal.out.print(terminal.table("The database", ("", "value", "what to do"), facts))
    if wrong := [fact.name for fact in facts if fact.remedy]:
        raise StorageError(f"the database needs attention: {', '.join(wrong)}; see what to do above")
