"""`aisle experiments`: whether something helps, before and after its launch."""

import typer

from aisle.cli.commands.estimate import estimate

experiments = typer.Typer(
    name="experiments", help="Find out whether something helps, before and after its launch.", no_args_is_help=True
)
experiments.command("estimate")(estimate)
