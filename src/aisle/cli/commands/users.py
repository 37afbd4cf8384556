"""`aisle users`: what the shop holds about one person."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.options import Json, Yes
from aisle.cli.shop import open_shop
from aisle.shop.errors import InputError

if TYPE_CHECKING:
    from aisle.storage.shoppers.receipt import Receipt

users = typer.Typer(
    name="users", help="One person's data: export it, erase it, merge two ids and undo that.", no_args_is_help=True
)

UserId = Annotated[str, typer.Argument(metavar="ID", help="The user's id, exactly.")]


@users.command()
def export(
    context: typer.Context,
    user_id: UserId,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write into a new file, not on the screen.")] = None,
) -> None:
    """Export everything that is held about a person, as one JSON document."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        person = shop.export_user(user_id)
    if out is None:
        terminal.json(person)
        return
    terminal.write_json(person, out)
    typer.echo(f"{out} holds everything about {user_id}.")


@users.command()
def erase(context: typer.Context, user_id: UserId, yes: Yes = False, as_json: Json = False) -> None:
    """Erase a person from every table, for good, and print a receipt. No import and no backup brings them back."""
    from aisle.app.serving.erasure_watch import FORGOTTEN_SECONDS
    from aisle.cli.display import terminal

    if not yes and not as_json and typer.prompt(f"Type the id again to erase {user_id} for good") != user_id:
        raise InputError("nothing was erased; the two ids differ")
    with open_shop(context) as shop:
        receipt = shop.erase_user(user_id)
    _show(receipt, "removed", as_json)
    if not as_json:
        terminal.say(
            f"Tombstones: {len(receipt.ids)}; no import and no backup brings the person back. "
            f"Servers that run forget them within {FORGOTTEN_SECONDS} s."
        )


@users.command()
def merge(
    context: typer.Context,
    anonymous_id: Annotated[str, typer.Argument(metavar="ANONYMOUS_ID", help="The id from before they signed in.")],
    user_id: UserId,
    as_json: Json = False,
) -> None:
    """Give what a visitor did before signing in to the known user."""
    with open_shop(context) as shop:
        receipt = shop.merge_users(anonymous_id, user_id)
    _show(receipt, "moved", as_json)


@users.command()
def unmerge(
    context: typer.Context,
    anonymous_id: Annotated[str, typer.Argument(metavar="ANONYMOUS_ID", help="The id that was merged.")],
    user_id: Annotated[str, typer.Argument(metavar="ID", help="The id that it was merged into.")],
    as_json: Json = False,
) -> None:
    """Undo a merge: what came in under the first id, before the merge and since, is its own again."""
    with open_shop(context) as shop:
        receipt = shop.unmerge_users(anonymous_id, user_id)
    _show(receipt, "given back", as_json)


def _show(receipt: "Receipt", what: str, as_json: bool) -> None:
    from aisle.cli.display import terminal
    from aisle.shop.moments import from_moment

    if as_json:
        terminal.json(receipt._asdict())
        return
    title = f"{receipt.user_id}, {from_moment(receipt.moment):%Y-%m-%d %H:%M:%S} UTC"
    terminal.out.print(terminal.table(title, ("table", what), list(receipt.rows.items()), right=[what]))
    if len(receipt.ids) > 1:
        terminal.say(f"Ids of this person: {', '.join(receipt.ids)}")
