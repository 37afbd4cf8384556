"""`aisle tune`."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from aisle.cli.options import Engine, Json, duration
from aisle.cli.shop import open_shop

if TYPE_CHECKING:
    from aisle.app.tuning.trials import Trial

WEIGHTS: Final = "weights"
"""The word that searches the weights of refunds and ratings instead of a model's settings."""


def tune(
    context: typer.Context,
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A model such as als, or `weights`: how much refunds and ratings count.",
        ),
    ],
    trials: Annotated[int, typer.Option(min=0, help="How many settings to try.")] = 30,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The seed of the search; by default [train] seed of aisle.toml.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(parser=duration, metavar="TIME", help="Start no trial after this time: 90s, 10m, 1.5h."),
    ] = None,
    engine: Annotated[
        Engine,
        typer.Option(help="Where trials run; `spark`: several at a time, as [spark] of aisle.toml says."),
    ] = Engine.LOCAL,
    write: Annotated[bool, typer.Option("--write", help="Write the best settings into aisle.toml.")] = False,
    as_json: Json = False,
) -> None:
    """Search for better settings of a model, starting from those in aisle.toml.

    The search uses the weeks before the newest ones, which stay untouched. Running it again adds trials to those in
    studies.db; Ctrl-C stops it and keeps what is done.
    """
    from aisle.cli.display import terminal
    from aisle.cli.display.tuning import print_tuned, trial_line

    if model == WEIGHTS:
        weigh(context, write, as_json)
        return

    def print_trial(trial: "Trial") -> None:
        terminal.say(trial_line(trial), console=terminal.err)

    with open_shop(context) as shop, terminal.bars() as progress:
        tuned = shop.tune(
            model,
            trials,
            seed=seed,
            timeout=timeout,
            write=write,
            progress=progress,
            better=None if as_json else print_trial,
            on_spark=engine is Engine.SPARK,
        )
    if as_json:
        terminal.json(tuned)
    else:
        print_tuned(tuned)


def weigh(context: typer.Context, write: bool, as_json: bool) -> None:
    """Search for better weights of refunds and ratings."""
    from aisle.cli.display import terminal
    from aisle.cli.display.tuning import print_weighed

    with open_shop(context) as shop, terminal.bars() as progress:
        weighed = shop.weigh(write=write, progress=progress)
    if as_json:
        terminal.json(weighed)
    else:
        print_weighed(weighed)
