"""`aisle people`: who may log in to the shop's pages."""

import sys
from typing import Annotated, Final

import typer

from aisle.cli.options import Json, Yes
from aisle.cli.shop import open_shop
from aisle.shop.access import Role
from aisle.shop.errors import InputError
from aisle.shop.ids import check_id
from aisle.shop.moments import from_moment
from aisle.shop.passwords import hash_password

people = typer.Typer(
    name="people", help="The people of the shop's team, who log in with a password.", no_args_is_help=True
)

_ROLES: Final = ", ".join(Role)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to log in with, exactly.")]
RoleName = Annotated[str, typer.Option("--role", help=f"{_ROLES}.")]


@people.command()
def add(context: typer.Context, name: Name, role: RoleName) -> None:
    """Add a person. The password is asked for, or is the first line of standard input."""
    from aisle.storage.access import team

    checked, known = check_id(name, "name"), _role(role)
    with open_shop(context) as shop:
        team.add(shop.db, checked, known, hash_password(_new_password()))
    typer.echo(f"{name} may log in as {known}.")


@people.command("list")
def list_people(context: typer.Context, as_json: Json = False) -> None:
    """List everybody who may log in."""
    from aisle.cli.display import terminal
    from aisle.storage.access import team

    with open_shop(context) as shop:
        rows = [
            {"name": one.name, "role": one.role.value, "added (UTC)": f"{from_moment(one.created):%Y-%m-%d %H:%M}"}
            for one in team.list_(shop.db)
        ]
    if as_json:
        terminal.json(rows)
    elif not rows:
        terminal.say("Nobody yet: aisle people add makes a login.")
    else:
        terminal.out.print(terminal.table("People", list(rows[0]), [list(row.values()) for row in rows]))


@people.command()
def role(context: typer.Context, name: Name, role: RoleName) -> None:
    """Give a person another role; it takes effect at once, by ending their sessions."""
    from aisle.storage.access import team

    known = _role(role)
    with open_shop(context) as shop:
        team.set_role(shop.db, name, known)
    typer.echo(f"{name} is {known} now, and has to log in again.")


@people.command()
def password(context: typer.Context, name: Name) -> None:
    """Give a person a new password, asked for as by add; it ends their sessions and every wait after failed logins."""
    from aisle.storage.access import team

    with open_shop(context) as shop:
        team.set_password(shop.db, name, hash_password(_new_password()))
    typer.echo(f"{name} has a new password, and has to log in again.")


@people.command()
def remove(context: typer.Context, name: Name, yes: Yes = False) -> None:
    """Remove a person; they are logged out at once."""
    from aisle.storage.access import team

    if not yes and not typer.confirm(f"Remove {name}?"):
        raise InputError("nobody was removed")
    with open_shop(context) as shop:
        team.remove(shop.db, name)
    typer.echo(f"{name} is removed.")


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise InputError(f"{name!r} is no role; choose one of: {_ROLES}") from None


def _new_password() -> str:
    """Ask for a password twice without showing it; a script writes it on standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
