"""`aisle rules`: the rules of placements that the team publishes while the shop runs."""

import getpass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisle.cli.options import Json
from aisle.cli.shop import open_shop
from aisle.shop.errors import FileError, InputError
from aisle.shop.moments import from_moment, to_moment

if TYPE_CHECKING:
    from aisle.storage.shelves.placement_rules import RulesRow

rules = typer.Typer(
    name="rules", help="Rules of placements in the database; they override aisle.toml.", no_args_is_help=True
)

Placement = Annotated[str, typer.Argument(help="A placement that aisle rules list shows.")]


@rules.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List the placements, and what is published for each."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        found = shop.rules.all()
    if as_json:
        terminal.json(found)
        return
    columns = ("placement", "strategy", "version", "published", "to come", "drafts")
    rows = [
        (
            one.placement,
            one.strategy,
            one.in_force.version if one.in_force else "",
            ", ".join(one.published),
            len(one.to_come) or "",
            ", ".join(draft.author for draft in one.drafts),
        )
        for one in found
    ]
    terminal.out.print(terminal.table("Rules", columns, rows, right=("version", "to come")))


@rules.command()
def show(context: typer.Context, placement: Placement, as_json: Json = False) -> None:
    """Show every version of a placement's rules, newest first, and what is published now."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        history, text = shop.rules.history(placement), shop.rules.export(placement)
        current = shop.rules.show(placement)
    if as_json:
        terminal.json({"now": current, "history": history})
        return
    if history:
        columns = ("version", "what", "who", "at (UTC)", "from", "to")
        terminal.out.print(
            terminal.table(f"Rules of {placement}", columns, [_row(row) for row in history], right=("version",))
        )
    terminal.say(text.rstrip() or "Nothing is published for it now: the rules of aisle.toml hold.")


@rules.command()
def publish(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A TOML file with sections [placements.NAME].")],
    from_: Annotated[str | None, typer.Option("--from", help="ISO 8601, such as 2024-11-29T18:00, in UTC.")] = None,
    to: Annotated[str | None, typer.Option(help="The same; rules hold up to then.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> None:
    """Publish the rules of a file, which then override aisle.toml; every process follows within two seconds."""
    from aisle.cli.display import terminal

    sections = _sections(file)
    starts, ends = _moment(from_), _moment(to)
    with open_shop(context) as shop:
        for placement, values in sections.items():
            if dry_run:
                terminal.say(f"{placement}: {shop.rules.preview(placement, values)}")
            else:
                row = shop.rules.publish(placement, values, getpass.getuser(), starts=starts, ends=ends)
                terminal.say(f"{placement}: version {row.version} is published.")
            for name, why in shop.rules.skipped(placement, values).items():
                terminal.say(f"{placement}: {name} {why} and is skipped.")


@rules.command()
def undo(context: typer.Context, placement: Placement) -> None:
    """Take back the newest version of a placement's rules; the one before counts again."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        row = shop.rules.undo(placement, getpass.getuser())
        now = shop.rules.show(placement).in_force
    counts = f"version {now.version} counts" if now else "the rules of aisle.toml hold"
    terminal.say(f"Version {row.version} is taken back: {counts}.")


@rules.command()
def export(context: typer.Context) -> None:
    """Write what is published now as aisle.toml would say it."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        text = shop.rules.export()
    terminal.say(text.rstrip() or "# Nothing is published.")


def _sections(file: Path) -> dict[str, dict[str, Any]]:
    import tomllib

    try:
        sections = tomllib.loads(file.read_text(encoding="utf-8")).get("placements")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileError(f"{file} cannot be read as TOML: {error}") from None
    if not isinstance(sections, dict) or not all(isinstance(section, dict) for section in sections.values()):
        raise FileError(f"{file} has no section [placements.NAME]; aisle rules export shows how it looks")
    return sections


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return to_moment(datetime.fromisoformat(text))
    except ValueError:
        raise InputError(f"{text!r} is no moment; write it as 2024-01-31 or 2024-01-31T18:00:00Z") from None


def _row(row: "RulesRow") -> tuple[object, ...]:
    what = f"takes back {row.undoes}" if row.undoes else "published, taken back since" if row.undone else "published"
    return row.version, what, row.author, _at(row.created), _at(row.starts), _at(row.ends)


def _at(moment: int | None) -> str:
    return "" if moment is None else f"{from_moment(moment):%Y-%m-%d %H:%M}"
