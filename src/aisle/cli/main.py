"""The `aisle` command: it gathers the commands and turns errors into one clear line.

Commands import what they need when they run: `aisle --help` answers at once, and a shelf for one shopper stays fast.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from aisle._version import __version__
from aisle.cli.commands import (
    backup,
    data,
    db,
    drift,
    evaluate,
    events,
    experiments,
    imports,
    insights,
    keys,
    kpis,
    marts,
    models,
    people,
    profile,
    recommend,
    rejects,
    rules,
    segments,
    serve,
    train,
    tune,
    users,
    why,
    work,
)
from aisle.cli.shop import Where
from aisle.shop.errors import AisleError

app = typer.Typer(
    name="aisle",
    help="The recommendation engine of an online shop.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",  # Rich's own markup would swallow square brackets, as in [train]
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    data.init,
    data.import_,
    data.export,
    train.train,
    evaluate.evaluate,
    tune.tune,
    recommend.recommend,
    recommend.similar,
    why.why,
    serve.serve,
    serve.demo,
    work.worker,
    profile.profile,
    insights.insights,
    kpis.kpis,
    drift.drift,
    backup.backup,
    backup.restore,
):
    app.command(command.__name__.rstrip("_"))(command)
for group in (
    imports.imports,
    rejects.rejects,
    events.events,
    models.models,
    rules.rules,
    keys.keys,
    people.people,
    users.users,
    segments.segments,
    marts.marts,
    experiments.experiments,
    db.db,
    work.jobs,
):
    app.add_typer(group)


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
    """Run a command. An error that Aisle raises on purpose is printed as one line, with exit code 2."""
    try:
        app(arguments)
    except AisleError as error:
        typer.echo(f"aisle: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read the output has stopped reading
        sys.exit(1)


if __name__ == "__main__":
    main()
