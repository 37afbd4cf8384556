"""How searches for better settings and weights look in a terminal."""

from typing import TYPE_CHECKING, Final

from aisle.cli.display.terminal import out, say, table
from aisle.evaluation.compare import describe
from aisle.shop.moments import format_day

if TYPE_CHECKING:
    from rich.console import Group

    from aisle.app.tuning.search import Tuned
    from aisle.app.tuning.trials import Trial
    from aisle.app.tuning.weights import Weighed
    from aisle.evaluation.compare import Comparison

ENDS: Final = {"trials": "", "timeout": ", until the time was up", "interrupted": ", until you stopped it"}
"""How a search ended, after the number of its trials."""


def print_tuned(tuned: "Tuned") -> None:
    """Print what a search for settings found."""
    out.print(_tuned_table(tuned))
    for line in _tuned_lines(tuned):
        say(line)


def print_weighed(weighed: "Weighed") -> None:
    """Print what a search for weights found."""
    out.print(_weighed_table(weighed))
    for line in _weighed_lines(weighed):
        say(line)


def trial_line(trial: "Trial") -> str:
    """Return one line about a trial."""
    settings = ", ".join(f"{name}={_cell(value)}" for name, value in trial.settings.items())
    return f"trial {trial.number}: {trial.value:.4f}  {settings}"


def _tuned_table(tuned: "Tuned") -> "Group":
    """Return a table with a column for the current settings and for each of the best trials."""
    columns = ["setting", "matters", "now", *(f"#{trial.number}" for trial in tuned.best)]
    rows = [[tuned.metric, "", f"{tuned.current_value:.4f}", *(f"{trial.value:.4f}" for trial in tuned.best)]]
    for name in tuned.best[0].settings if tuned.best else ():
        matters = f"{tuned.importance[name]:.0%}" if name in tuned.importance else ""
        values = [tuned.current[name], *(trial.settings[name] for trial in tuned.best)]
        rows.append([name, matters, *map(_cell, values)])
    days = _days(tuned.cut, tuned.end)
    title = f"{tuned.model}: the best of {tuned.trials} trials on {tuned.target} by {tuned.shoppers:,} shoppers, {days}"
    return table(title, columns, rows, right=columns[1:])


def _tuned_lines(tuned: "Tuned") -> list[str]:
    """Return what a search for settings found, in sentences."""
    failed = f", {tuned.failed} of them failed" if tuned.failed else ""
    lines = [f"{tuned.added + tuned.failed} new trials in {tuned.seconds:.0f} s{ENDS[tuned.stopped]}{failed}."]
    if tuned.run_id:
        lines.append(f"MLflow shows it as run {tuned.run_id}.")
    if tuned.comparison is None:
        return [*lines, "No settings were better than the current ones."]
    lines.append(
        f"The best against the current settings: {_change(tuned.metric, tuned.comparison)}. They were chosen on these "
        "weeks and look a little better than they are: aisle train compares on newer weeks."
    )
    if tuned.written:
        return [*lines, f"{tuned.written} has the best settings now."]
    return [*lines, f"--write puts the best settings into [models.{tuned.model}] of aisle.toml."]


def _weighed_table(weighed: "Weighed") -> "Group":
    """Return a table with a row for each strength that was tried."""
    rows = [(trial.name, f"{trial.strength:g}", f"{trial.value:.4f}") for trial in weighed.tried]
    days = _days(weighed.cut, weighed.end)
    title = f"{weighed.model} for {weighed.shoppers:,} shoppers, {days}"
    return table(title, ("weight", "strength", weighed.metric), rows, right=("strength", weighed.metric))


def _weighed_lines(weighed: "Weighed") -> list[str]:
    """Return what a search for weights found, in sentences."""
    if weighed.comparison is None:
        return [f"No strength is better than the current ones beyond chance ({weighed.seconds:.0f} s)."]
    weights = ", ".join(f"{name} = {strength:g}" for name, strength in weighed.learnt.items())
    change = _change(weighed.metric, weighed.comparison)
    lines = [f"{weights}, against the current weights: {change}. aisle train compares on newer weeks."]
    if weighed.written:
        return [*lines, f"{weighed.written} has these weights now."]
    return [*lines, "--write puts them into [weights] of aisle.toml."]


def _change(metric: str, comparison: "Comparison") -> str:
    return f"{metric} {describe(comparison)}"


def _days(cut: int, end: int) -> str:
    return f"{format_day(cut)} to {format_day(end - 1)}"


def _cell(value: object) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
