"""The command that searches for better settings: `tune`."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from aisle.cli.duration import duration
from aisle.cli.shop import Engine, open_shop
from aisle.shop.moments import format_day

if TYPE_CHECKING:
    from rich.console import Group

    from aisle.app.tuning.search import Tuned
    from aisle.app.tuning.trials import Trial
    from aisle.app.tuning.weights import Weighed

WEIGHTS: Final = "weights"
"""What stands for a model where the weights of refunds and ratings are searched."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(tune)


def tune(
    context: typer.Context,
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="Such as als; its settings in aisle.toml are the start. Or: weights, of bad news."
        ),
    ],
    trials: Annotated[int, typer.Option(min=0, help="How many settings to try.")] = 30,
    seed: Annotated[int | None, typer.Option(min=0, help="Draws them; [train] seed if left out.")] = None,
    timeout: Annotated[
        float | None, typer.Option(parser=duration, metavar="TIME", help="Begin no more after so long: 90s, 10m, 1.5h.")
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="What makes the trials; `spark`: several at a time, as [spark] of aisle.toml says.")
    ] = Engine.LOCAL,
    write: Annotated[bool, typer.Option("--write", help="Write the best into aisle.toml.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Search for better settings of a model, on the weeks before the newest ones, which stay untouched.

    Running it again adds trials to those in studies.db; Ctrl-C ends it and keeps what is done.
    """
    from aisle.cli import show

    if model == WEIGHTS:
        weigh(context, write, as_json)
        return

    def better(trial: "Trial") -> None:
        show.err.print(f"trial {trial.number}: {trial.value:.4f}  {_settings(trial)}", highlight=False)

    with open_shop(context) as shop, show.bars() as progress:
        tuned = shop.tune(
            model,
            trials,
            seed=seed,
            timeout=timeout,
            write=write,
            progress=progress,
            better=None if as_json else better,
            on_spark=engine is Engine.SPARK,
        )
    if as_json:
        show.json(tuned)
        return
    show.out.print(tuned_table(tuned))
    for line in summary(tuned):
        show.out.print(line, highlight=False, markup=False, soft_wrap=True)


def weigh(context: typer.Context, write: bool, as_json: bool) -> None:
    """Search for better weights of refunds and ratings."""
    from aisle.cli import show

    with open_shop(context) as shop, show.bars() as progress:
        weighed = shop.weigh(write=write, progress=progress)
    if as_json:
        show.json(weighed)
        return
    show.out.print(weighed_table(weighed))
    for line in in_words(weighed):
        show.out.print(line, highlight=False, markup=False, soft_wrap=True)


def weighed_table(weighed: "Weighed") -> "Group":
    """Return a table with a row for each strength that was tried."""
    from aisle.cli import show

    rows = [(one.name, f"{one.strength:g}", f"{one.value:.4f}") for one in weighed.tried]
    days = f"{format_day(weighed.cut)} to {format_day(weighed.end - 1)}"
    title = f"{weighed.model} asked about {weighed.shoppers:,} shoppers, {days}"
    return show.table(title, ("weight", "strength", weighed.metric), rows, right=("strength", weighed.metric))


def in_words(weighed: "Weighed") -> list[str]:
    """Return what a search for weights came to."""
    from aisle.evaluation.compare import describe

    if weighed.comparison is None:
        return [f"No strength is better than the current ones beyond chance ({weighed.seconds:.0f} s)."]
    learnt = ", ".join(f"{name} = {strength:g}" for name, strength in weighed.learnt.items())
    found = f"{weighed.metric} {describe(weighed.comparison)}, {weighed.comparison.finding.value}"
    lines = [f"{learnt}, against the current weights: {found}. aisle train judges on the newest weeks."]
    written = weighed.written and f"{weighed.written} has these weights now."
    return [*lines, written or "--write puts them into [weights] of aisle.toml."]


def tuned_table(tuned: "Tuned") -> "Group":
    """Return a table with a column for each of the best trials, beside the current settings."""
    from aisle.cli import show

    columns = ["setting", "matters", "now", *(f"#{trial.number}" for trial in tuned.best)]
    rows = [[tuned.metric, "", f"{tuned.current_value:.4f}", *(f"{trial.value:.4f}" for trial in tuned.best)]]
    for name in tuned.best[0].settings if tuned.best else ():
        matters = f"{tuned.importance[name]:.0%}" if name in tuned.importance else ""
        rows.append([name, matters, *(_cell(settings[name]) for settings in _all_settings(tuned))])
    days = f"{format_day(tuned.cut)} to {format_day(tuned.end - 1)}"
    title = f"{tuned.model}: the best of {tuned.trials} trials on {tuned.target} by {tuned.shoppers:,} shoppers, {days}"
    return show.table(title, columns, rows, right=columns[1:])


def summary(tuned: "Tuned") -> list[str]:
    """Return what a search came to, in words."""
    from aisle.evaluation.compare import describe

    ends = {"trials": "", "timeout": ", until the time was up", "interrupted": ", until you stopped it"}
    tracked = [f"MLflow shows it as run {tuned.run_id}."] if tuned.run_id else []
    failed = f", {tuned.failed} of them in vain" if tuned.failed else ""
    lines = [
        f"{tuned.added + tuned.failed} new trials in {tuned.seconds:.0f} s{ends[tuned.stopped]}{failed}.",
        *tracked,
    ]
    if tuned.comparison is None:
        return [*lines, "No settings were better than the current ones."]
    found = f"{tuned.metric} {describe(tuned.comparison)}, {tuned.comparison.finding.value}"
    lines.append(
        f"The best against the current settings: {found}. It was chosen on these weeks, which flatters it: "
        "aisle train judges on the newest ones."
    )
    written = tuned.written and f"{tuned.written} has the best settings now."
    return [*lines, written or f"--write puts the best settings into [models.{tuned.model}] of aisle.toml."]


def _all_settings(tuned: "Tuned") -> list[dict[str, object]]:
    return [tuned.current, *(trial.settings for trial in tuned.best)]


def _settings(trial: "Trial") -> str:
    return ", ".join(f"{name}={_cell(value)}" for name, value in trial.settings.items())


def _cell(value: object) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
