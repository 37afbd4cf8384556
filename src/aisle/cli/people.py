"""Commands about one person: `users export`, `users erase` and `users merge`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.shop import open_shop
from aisle.shop.errors import InputError

if TYPE_CHECKING:
    from aisle.storage.people import Receipt

users = typer.Typer(help="What is held on a person: give it out, erase it, put it together.", no_args_is_help=True)

UserId = Annotated[str, typer.Argument(metavar="ID", help="The user's id, letter by letter.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(users, name="users")


@users.command()
def export(
    context: typer.Context,
    user_id: UserId,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write into a file, not on the screen.")] = None,
) -> None:
    """Give out everything that is held on a person, as one JSON document."""
    from aisle.cli import show

    with open_shop(context) as shop:
        held = shop.export_user(user_id)
    if out is None:
        show.json(held)
        return
    show.write_json(held, out)
    typer.echo(f"{out} holds everything about {user_id}.")


@users.command()
def erase(
    context: typer.Context,
    user_id: UserId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a person from every table, for good, and print a receipt. No import and no backup brings them back."""
    if not yes and not as_json and typer.prompt(f"Type the id again to erase {user_id} for good") != user_id:
        raise InputError("nothing was erased; the two ids differ")
    with open_shop(context) as shop:
        receipt = shop.erase_user(user_id)
    _show(receipt, "removed", as_json)


@users.command()
def merge(
    context: typer.Context,
    anonymous_id: Annotated[str, typer.Argument(metavar="ANONYMOUS_ID", help="What they were called before.")],
    user_id: UserId,
    as_json: AsJson = False,
) -> None:
    """Make what somebody did before they signed in the known user's."""
    with open_shop(context) as shop:
        receipt = shop.merge_users(anonymous_id, user_id)
    _show(receipt, "moved", as_json)


def _show(receipt: "Receipt", what: str, as_json: bool) -> None:
    from aisle.cli import show
    from aisle.shop.moments import from_moment

    if as_json:
        show.json(receipt._asdict())
        return
    title = f"{receipt.user_id}, {from_moment(receipt.moment):%Y-%m-%d %H:%M:%S} UTC"
    show.out.print(show.table(title, ("table", what), list(receipt.rows.items()), right=[what]))
    if len(receipt.ids) > 1:
        show.out.print(f"Ids of this person: {', '.join(receipt.ids)}", highlight=False, markup=False)
