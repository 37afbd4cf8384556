"""`aisle segments`: named groups of shoppers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.options import Json, Yes
from aisle.cli.shop import open_shop
from aisle.shop.errors import InputError

if TYPE_CHECKING:
    from aisle.app.segments.segments import Segment

segments = typer.Typer(name="segments", help="Named groups of shoppers by a rule.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The segment's name, exactly.")]


@segments.command("list")
def list_(
    context: typer.Context,
    update: Annotated[
        bool, typer.Option("--update", help="Find who belongs to each now; the worker does it daily.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List all segments: whom each means, and how many they are."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop, terminal.bars() as progress:
        updated = shop.segments.update(progress=progress) if update else None
        found = shop.segments.all()
    if as_json:
        terminal.json(found)
        return
    rows = [(one.name, _size(one), one.words, _when(one)) for one in found]
    terminal.out.print(terminal.table("Segments", ("name", "members", "who", "as of (UTC)"), rows, right=["members"]))
    for name, why in updated.failed.items() if updated else ():
        terminal.say(f"{name} is as it was: {why}.")
    if any(one.updated is None for one in found):
        terminal.say("aisle segments list --update finds who belongs to each; so does the worker, daily.")


@segments.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of your own.")],
    rule: Annotated[str, typer.Argument(metavar="RULE", help='JSON, as \'{"rule": "did", "days": 30}\', or @FILE.')],
    as_json: Json = False,
) -> None:
    """Make a segment and find its members. docs/segments.md lists the rules."""
    from aisle.cli.display import terminal

    text = _read(Path(rule[1:])) if rule.startswith("@") else rule
    with open_shop(context) as shop, terminal.bars() as progress:
        made = shop.segments.create(name, text, progress)
    if as_json:
        terminal.json(made)
        return
    terminal.say(f"{made.name}: {made.words}.")
    terminal.say(f"{made.size or 0:,} shoppers belong to it.")


@segments.command()
def show(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Show whom a segment means, and how many these were from day to day."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        sizes = shop.segments.sizes(name)
        found = shop.segments.get(name)
    if as_json:
        terminal.json({"segment": found, "sizes": sizes.to_dicts()})
        return
    terminal.say(f"{found.name}: {found.words}.")
    rows = [(str(day), f"{members:,}") for day, members in sizes.iter_rows()]
    terminal.out.print(terminal.table("Members", ("day", "members"), rows, right=["members"]))


@segments.command()
def export(
    context: typer.Context,
    name: Name,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .json file.")],
    attributes: Annotated[
        list[str] | None, typer.Option("--with", metavar="ATTRIBUTE", help="An attribute of users, such as email.")
    ] = None,
    everyone: Annotated[
        bool, typer.Option("--everyone", help="Also who did not agree to be written to: not for a mailing.")
    ] = False,
) -> None:
    """Write the members who agreed to be written to into a file, for a mailing."""
    with open_shop(context) as shop:
        written = shop.segments.export(name, out, attributes or (), everyone=everyone)
        size, consent = shop.segments.get(name).size or 0, shop.settings.mail.consent
    typer.echo(f"{out} holds {written:,} of {size:,} members.")
    if not everyone and written < size:
        typer.echo(f"The others have no attribute {consent!r} that says that they agreed to be written to.")


@segments.command()
def delete(context: typer.Context, name: Name, yes: Yes = False) -> None:
    """Delete a segment, and who belonged to it."""
    if not yes and not typer.confirm(f"Delete {name}?"):
        raise InputError("nothing was deleted")
    with open_shop(context) as shop:
        shop.segments.delete(name)
    typer.echo(f"{name} is deleted.")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read: {error}") from None


def _size(segment: "Segment") -> str:
    return "–" if segment.size is None else f"{segment.size:,}"


def _when(segment: "Segment") -> str:
    from aisle.shop.moments import from_moment

    return "–" if segment.updated is None else f"{from_moment(segment.updated):%Y-%m-%d %H:%M}"
