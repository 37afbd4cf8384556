"""`aisle events`: what shoppers did, and how some of it is deleted."""

from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.options import Json, Yes
from aisle.cli.shop import open_shop

if TYPE_CHECKING:
    from aisle.storage.log.deletion import Found

events = typer.Typer(name="events", help="Events: delete some of them.", no_args_is_help=True)


@events.command()
def delete(
    context: typer.Context,
    since: Annotated[str | None, typer.Option(metavar="WHEN", help="From this moment on, as 2024-01-31.")] = None,
    until: Annotated[str | None, typer.Option(metavar="WHEN", help="Up to this moment, not including it.")] = None,
    kinds: Annotated[
        list[str] | None, typer.Option("--event", metavar="KIND", help="Of this kind; may be repeated.")
    ] = None,
    user_id: Annotated[str | None, typer.Option(metavar="ID", help="Of this user.")] = None,
    item_id: Annotated[str | None, typer.Option(metavar="ID", help="With this item.")] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete the events to which all of this applies. Without --yes it only shows what that would be.

    The interactions that rest on them go too. Importing the same rows again brings them back; aisle users erase keeps a
    person away, aisle imports undo takes a whole import back.
    """
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        found = shop.delete_events(
            dry_run=not yes, since=since, until=until, event=kinds or (), user_id=user_id, item_id=item_id
        )
    if as_json:
        terminal.json(found._asdict() | {"deleted": yes})
        return
    for line in _lines(found):
        terminal.say(line)
    terminal.say(f"{found.events:,} events deleted." if yes else "Nothing was deleted; --yes deletes these events.")


def _lines(found: "Found") -> list[str]:
    from aisle.shop.moments import from_moment

    if found.first is None or found.last is None:
        return ["No event is like this."]
    first, last = (f"{from_moment(moment):%Y-%m-%d %H:%M}" for moment in (found.first, found.last))
    kinds = ", ".join(f"{rows:,} {kind}" for kind, rows in found.kinds.items())
    return [f"{found.events:,} events of {found.users:,} users with {found.items:,} items, {first} to {last}: {kinds}"]
