"""The `aisle` command: where commands are gathered and errors become one clear line.

Commands import what they need when they run, so that `aisle --help` is instant and a shelf for one shopper stays quick.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from aisle._version import __version__
from aisle.cli import backup, data, db, learn, live, people, quality, shelf, tune, why
from aisle.cli.shop import Where
from aisle.shop.errors import AisleError

app = typer.Typer(
    name="aisle",
    help="The recommendation engine of an online shop.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data.register(app)
learn.register(app)
tune.register(app)
shelf.register(app)
why.register(app)
live.register(app)
people.register(app)
quality.register(app)
backup.register(app)
db.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aisle {__version__}")
        raise typer.Exit


@app.callback()
def _shop(
    context: typer.Context,
    directory: Annotated[Path, typer.Option("-C", metavar="DIR", help="The shop's folder.")] = Path(),
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="The database, instead of the one in aisle.toml.")
    ] = None,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    context.obj = Where(directory, url)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; what Aisle raises on purpose is the user's to mend, and costs one line and exit code 2."""
    try:
        app(arguments)
    except AisleError as error:
        typer.echo(f"aisle: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left; there is nobody to tell
        sys.exit(1)


if __name__ == "__main__":
    main()
