"""What to do about an experiment, in words."""

from math import ceil
from typing import Final, Literal

from msgspec import Struct

from aisle.experiments.metrics import METRICS
from aisle.experiments.report import Report, Row
from aisle.shop.moments import DAY, format_day

WEEK: Final = 7
"""No variant is shipped before it has seen every day of the week, in days."""

Kind = Literal["ship", "stop", "wait", "broken"]


class Decision(Struct, frozen=True):
    """What to do."""

    kind: Kind
    variant: str | None
    """Which variant it is about, if it is about one."""
    sentence: str


def decide(report: Report, moment: int) -> Decision:
    """Return what to do about an experiment at a moment.

    Parameters
    ----------
    moment
        Now, in microseconds.
    """
    if report.is_broken:
        return Decision("broken", None, _uneven(report))
    broken = [row for row in report.of("guardrail") if row.verdict == "worse"]
    if broken:
        return _about("stop", broken[0], "a guardrail broke")
    goals = sorted(report.of("goal"), key=_gain)
    better = [row for row in goals if row.verdict == "better"]
    if better and report.days < WEEK:
        return _about(
            "wait", better[-1], f"wait until it has run for a whole week, {_date(moment, WEEK - report.days)}"
        )
    if better:
        return _about("ship", better[-1], "the goal is reached")
    if goals and all(row.verdict == "worse" for row in goals):
        return _about("stop", goals[-1], "it does harm")
    is_over = report.done >= 1 or report.days >= report.experiment.days
    if goals and is_over:
        return _about("stop", goals[-1], "it has run as long as planned and shows no change that is more than chance")
    return Decision("wait", None, _not_yet(report, moment))


def _gain(row: Row) -> float:
    """Return how far a row is on the good side."""
    sign = 1 if METRICS[row.metric].better == "up" else -1
    return sign * (row.change or 0.0)


def _about(kind: Literal["ship", "stop", "wait"], row: Row, why: str) -> Decision:
    do = {"ship": f"Ship {row.variant}", "stop": f"Stop {row.variant}", "wait": f"{row.variant} looks better, but"}[
        kind
    ]
    joint = " " if kind == "wait" else ": "
    return Decision(kind, row.variant, f"{do}{joint}{why}. {_says(row)}")


def _says(row: Row) -> str:
    metric = METRICS[row.metric]
    if row.change is None or row.low is None or row.high is None:
        return f"Of {metric.what} nothing can be said."
    what = metric.what[0].upper() + metric.what[1:]
    return f"{what}: {row.change:+.1%}, and in truth from {row.low:+.1%} to {row.high:+.1%}."


def _uneven(report: Report) -> str:
    shares = report.experiment.shares()
    total = sum(report.units.values())
    seen = ", ".join(f"{name} {number:,} of {total * shares[name]:,.0f}" for name, number in report.units.items())
    return (
        f"Believe no figure: the variants do not have the visitors that they should have ({seen}), which chance does "
        f"once in {1 / max(report.balance_p, 1e-12):,.0f} times. Find what loses or moves visitors, and begin anew."
    )


def _not_yet(report: Report, moment: int) -> str:
    seen = sum(report.units.values())
    if not seen:
        return "Wait: nobody has seen it yet."
    planned = seen / report.done
    left = report.experiment.days - report.days
    more = ceil((planned - seen) / (seen / report.days))
    if more <= left:
        return f"Wait until {_date(moment, more)}: {planned - seen:,.0f} more visitors are needed, as planned."
    by_then = seen + max(left, 0) * seen / report.days
    return (
        f"Wait until {_date(moment, max(left, 0))}, when it ends: about {by_then:,.0f} of the planned {planned:,.0f} "
        f"visitors will have come by then, so that only a greater change than planned will show."
    )


def _date(moment: int, days: int) -> str:
    return format_day(moment + days * DAY)
