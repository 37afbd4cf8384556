"""How the outcome of a training looks in a terminal."""

from typing import TYPE_CHECKING

from aisle.cli.display.figures import (
    measured_tables,
    placements_table,
    reliability_table,
    shares_table,
    tail_table,
)
from aisle.cli.display.terminal import out, say

if TYPE_CHECKING:
    from aisle.app.train import Trained


def print_trained(trained: "Trained") -> None:
    """Print the figures of a training, whether its model is live, and what was skipped."""
    if trained.measured:
        out.print(measured_tables(trained.measured))
    if trained.placements:
        out.print(placements_table(trained.placements))
    if trained.shares:
        out.print(shares_table(trained.shares))
    if trained.long_tail:
        out.print(tail_table(trained.long_tail))
    if trained.reliability:
        out.print(reliability_table(trained.reliability))
    for line in _lines(trained):
        say(line)
    for role, reason in trained.skipped.items():
        say(f"Skipped: {role} ({reason}).", style="dim")


def _lines(trained: "Trained") -> list[str]:
    """Return the outcome in sentences."""
    lines = [
        f"{trained.outcome()} It learnt from {trained.events:,} events of {trained.users:,} shoppers "
        f"and {trained.items:,} items in {trained.seconds:.1f} s."
    ]
    if trained.outranked:
        lines.append(
            f"{trained.outranked}: popularity fills the shelves instead; what it says about stars is still shown."
        )
    if trained.run_id:
        lines.append(f"MLflow shows it as run {trained.run_id}.")
    if not trained.live:
        lines.append(f"To make it live anyway: aisle models promote {trained.version}")
    if errors := trained.review_errors:
        lines.append(
            "Reviews without stars were given stars by their words. "
            f"On {errors.reviews:,} reviews with stars the mean error of this is {errors.mae:.2f}, "
            f"and {errors.mae_always:.2f} if the median is always predicted."
        )
    if seen := trained.examined:
        told = f"the 2nd place of the main shelf is looked at {seen[1]:.0%} as often as the first"
        lines.append(f"By its clicks {told}, the 5th {seen[4]:.0%}, the 10th {seen[9]:.0%}.")
    return lines
