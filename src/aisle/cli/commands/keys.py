"""`aisle keys`: what opens the HTTP API."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from aisle.cli.options import Json
from aisle.cli.shop import open_shop
from aisle.shop.access import KEY_SCOPES, PREFIXES, Scope
from aisle.shop.errors import InputError
from aisle.shop.moments import from_moment

if TYPE_CHECKING:
    from aisle.storage.access.keys import KeyRow
    from aisle.storage.access.signing_secrets import SecretRow

keys = typer.Typer(name="keys", help="The keys of the HTTP API: who may call what.", no_args_is_help=True)

USERS: Final = "users"
"""What is written in place of a scope for a secret that signs users."""

_KINDS: Final = ", ".join(f"{scope} ({PREFIXES[scope]}_…)" for scope in KEY_SCOPES) + f", {USERS} (us_…: signs users)"


@keys.command()
def create(
    context: typer.Context,
    scope: Annotated[str, typer.Argument(metavar="SCOPE", help=f"{_KINDS}.")],
    name: Annotated[str, typer.Option(help="What you call it.")] = "",
    origin: Annotated[
        list[str] | None, typer.Option(help="A site whose pages may use it, https://shop.example; repeat for more.")
    ] = None,
) -> None:
    """Make a key and print it, this once. From the first key on, nobody calls without one."""
    if scope == USERS:
        with open_shop(context) as shop:
            typer.echo(shop.create_secret())
        return
    if scope not in KEY_SCOPES:
        raise InputError(f"{scope!r} is no scope of a key; choose one of: {_KINDS}")
    if origin and scope != Scope.BROWSER:
        raise InputError(f"a key with the scope {scope} is secret, pages may not use it; leave --origin out")
    from aisle.web.access.origins import check_origin

    origins = [check_origin(text) for text in origin or ()]
    with open_shop(context) as shop:
        typer.echo(shop.create_key(Scope(scope), name, origins))


@keys.command("list")
def list_keys(context: typer.Context, as_json: Json = False) -> None:
    """List the keys that were ever made, oldest first; what they open is not shown."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        rows = [
            _cells(PREFIXES[row.scope], row.key_id, row.scope.value, row, row.name, row.origins)
            for row in shop.api_keys()
        ]
        rows += [_cells("us", row.secret_id, USERS, row) for row in shop.signing_secrets()]
    if as_json:
        terminal.json(rows)
    elif not rows:
        terminal.say("No key yet: aisle keys create makes one.")
    else:
        terminal.out.print(terminal.table("Keys", list(rows[0]), [list(row.values()) for row in rows]))


def _cells(
    prefix: str, id_: str, scope: str, row: "KeyRow | SecretRow", name: str = "", origins: Sequence[str] = ()
) -> dict[str, str]:
    return {
        "key": f"{prefix}_{id_}_…",
        "id": id_,
        "scope": scope,
        "name": name,
        "origins": " ".join(origins),
        "made (UTC)": _minute(row.created),
        "revoked (UTC)": _minute(row.revoked),
    }


def _minute(moment: int | None) -> str:
    return "" if moment is None else f"{from_moment(moment):%Y-%m-%d %H:%M}"


@keys.command()
def revoke(
    context: typer.Context, key_id: Annotated[str, typer.Argument(metavar="ID", help="An id that keys list shows.")]
) -> None:
    """Make a key invalid; every process refuses it within two seconds."""
    with open_shop(context) as shop:
        shop.revoke_key(key_id)
    typer.echo(f"Key {key_id} is revoked.")


@keys.command()
def routes(as_json: Json = False) -> None:
    """Print every route of the web process, and the scope that it needs."""
    from aisle.cli.display import terminal
    from aisle.web.routes import table

    rows = [(method, path, scope.value) for path, methods in table().items() for method, scope in methods.items()]
    if as_json:
        terminal.json([dict(zip(("method", "path", "scope"), row, strict=True)) for row in rows])
    else:
        terminal.out.print(terminal.table("Routes", ("method", "path", "scope"), rows))
