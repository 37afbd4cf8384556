"""`aisle experiments`: compare variants of a placement on the shop's own visitors."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisle.cli.commands.estimate import estimate
from aisle.cli.options import Json
from aisle.cli.shop import open_shop
from aisle.shop.errors import InputError

if TYPE_CHECKING:
    from aisle.app.experiments.checklist import Checklist
    from aisle.app.experiments.experiments import Told
    from aisle.experiments.report import Figure, Row

experiments = typer.Typer(name="experiments", help="Compare variants of a placement on visitors.", no_args_is_help=True)
experiments.command("estimate")(estimate)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The experiment's name.")]


@experiments.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List all experiments, newest first."""
    from aisle.cli.display import terminal
    from aisle.shop.moments import format_day

    with open_shop(context) as shop:
        rows = shop.experiments.all()
    if as_json:
        terminal.json([row._asdict() for row in rows])
        return
    cells = [
        (
            f"{row.name}.{row.version}",
            row.state,
            format_day(row.started) if row.started else "–",
            format_day(row.stopped) if row.stopped else "–",
            row.reason or "",
        )
        for row in rows
    ]
    terminal.out.print(terminal.table("Experiments", ("name", "state", "started", "stopped", "because"), cells))


@experiments.command()
def create(
    context: typer.Context,
    name: Name,
    placement: Annotated[str, typer.Option(help="The placement; * for all, with a holdout.")] = "recommended-for-you",
    variant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:KEY=VALUE[;KEY=VALUE]",
            help="What some see instead: strategy, model=3, holdout=true or any rule; weight=2 for more visitors.",
        ),
    ] = None,
    baseline: Annotated[float, typer.Option(help="The weight of those who see the placement as it is.")] = 1.0,
    unit: Annotated[str, typer.Option(help="Who sees one variant all the time: user or session.")] = "user",
    traffic: Annotated[float, typer.Option(help="The share of visitors who take part.")] = 1.0,
    layer: Annotated[str, typer.Option(help="Experiments of a layer share no visitor.")] = "",
    metric: Annotated[str, typer.Option(help="What decides.")] = "revenue_per_visitor",
    guardrail: Annotated[list[str] | None, typer.Option(help="What must not become worse; several times.")] = None,
    effect: Annotated[float, typer.Option(help="The least change worth finding: 0.05 is 5 %.")] = 0.05,
    days: Annotated[int, typer.Option(help="How long it runs at most.")] = 28,
    ramp: Annotated[str, typer.Option(help="Parts of the traffic, a day each, before all: 0.05,0.25,1.")] = "1",
    as_json: Json = False,
) -> None:
    """Make a draft, which nobody sees yet, and show what is to be known before it starts."""
    from aisle.app.experiments.declaring import variant_of
    from aisle.cli.display import terminal

    values: dict[str, Any] = {
        "name": name,
        "placement": placement,
        "variants": [{"name": "as-is", "weight": baseline}, *map(variant_of, variant or [])],
        "unit": unit,
        "traffic": traffic,
        "layer": layer,
        "metric": metric,
        "effect": effect,
        "days": days,
        "ramp": [_number(part) for part in ramp.split(",")],
    }
    values |= {"guardrails": guardrail} if guardrail else {}
    with open_shop(context) as shop:
        row = shop.experiments.create(values)
        checks = shop.experiments.check(name)
    if as_json:
        terminal.json({"experiment": row._asdict(), "checks": [check._asdict() for check in checks.checks]})
        return
    terminal.say(f"{row.name} is a draft, of version {row.version}; aisle experiments start {row.name} shows it.")
    _print_checks(checks)


@experiments.command()
def start(
    context: typer.Context,
    name: Name,
    anyway: Annotated[bool, typer.Option("--anyway", help="Start although the checklist warns.")] = False,
) -> None:
    """Start a draft: within two seconds its visitors see it."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        row = shop.experiments.start(name, anyway=anyway)
    terminal.say(f"{row.name} runs, of version {row.version}, planned with {row.planned:,.0f} visitors.")


@experiments.command()
def stop(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The experiment's name.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Stop every experiment that runs.")] = False,
    reason: Annotated[str, typer.Option(help="Why.")] = "somebody stopped it",
) -> None:
    """Stop an experiment: within two seconds every visitor sees the placement as it is."""
    from aisle.cli.display import terminal

    if (name is None) is not all_:
        raise InputError("name one experiment, or all with --all")
    with open_shop(context) as shop:
        stopped = shop.experiments.stop_all(reason) if name is None else [shop.experiments.stop(name, reason)]
    terminal.say(f"Stopped: {', '.join(row.name for row in stopped) or 'none runs'}.")


@experiments.command()
def report(
    context: typer.Context,
    name: Name,
    version: Annotated[int | None, typer.Option(help="An earlier version.")] = None,
    as_json: Json = False,
) -> None:
    """Show what an experiment showed so far, and what to do."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        told = shop.experiments.report(name, version)
    if as_json:
        terminal.json(
            {
                "experiment": told.row._asdict(),
                "report": told.report,
                "decision": told.decision,
                "currency": told.currency,
            }
        )
        return
    _print_report(told)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"ramp {text!r} is no share, such as 0.25") from None


def _print_checks(checks: "Checklist") -> None:
    from aisle.cli.display import terminal

    rows = [
        (
            "ok" if check.ok else "no" if check.must else "look",
            check.name,
            f"{check.says}\n→ {check.advice}" if check.advice else check.says,
        )
        for check in checks.checks
    ]
    terminal.out.print(terminal.table("Before it starts", ("", "check", "what it says"), rows))


def _print_report(told: "Told") -> None:
    from aisle.cli.display import terminal
    from aisle.experiments.metrics import METRICS

    found = told.report
    terminal.say(f"{told.row.name}.{told.row.version}, {told.row.state}, day {found.days} of {found.experiment.days}")
    terminal.say(told.decision.sentence)
    units = ", ".join(f"{name} {number:,}" for name, number in found.units.items())
    terminal.say(f"Visitors: {units}; {found.done:.0%} of those planned.")
    if not found.is_broken and found.rows:
        headings = ("metric", "variant", "as it is", "variant's", "change", "95 % interval", "verdict", "role")
        rows = [_cells(row, told.currency) for row in found.rows]
        terminal.out.print(terminal.table("Metrics", headings, rows, right=headings[2:6]))
        for name in dict.fromkeys(row.metric for row in found.rows):
            terminal.say(f"{name.replace('_', ' ')}: {METRICS[name].what}", style="dim")
    for why, number in found.doubts.items():
        terminal.say(f"{number:,} {why}.")


def _cells(row: "Row", currency: str | None) -> tuple[str, ...]:
    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:+.1%}"

    interval = "–" if row.low is None else f"{share(row.low)} to {share(row.high)}"
    return (
        row.metric.replace("_", " "),
        row.variant,
        _figure(row, row.baseline, currency),
        _figure(row, row.variation, currency),
        share(row.change),
        interval,
        row.verdict or "",
        row.role,
    )


def _figure(row: "Row", figure: "Figure", currency: str | None) -> str:
    from aisle.experiments.metrics import METRICS

    if figure.value is None:
        return "–"
    kind = METRICS[row.metric].kind
    if kind == "share":
        return f"{figure.value:.2%}"
    return f"{figure.value:,.2f} {currency or ''}".strip() if kind == "money" else f"{figure.value:,.3f}"
