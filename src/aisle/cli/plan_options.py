"""The options that say what the rows of files are, for every command that reads rows."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from aisle.ingest.plan import Plan

Command = Callable[..., None]


class Table(StrEnum):
    """What an imported file holds."""

    EVENTS = "events"
    ITEMS = "items"
    USERS = "users"
    REVIEWS = "reviews"


def plan_of(
    *,
    table: Annotated[Table | None, typer.Option("--as", help="What the files hold; by default, guessed.")] = None,
    format_: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="A known format, such as ga4 or online-retail.")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", metavar="THEIRS=OURS", help="Name a column; may be repeated.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--event", metavar="KIND", help="What every row counts as, such as purchase.")
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--map-value", metavar="THEIRS=KIND", help="Name a kind of event, as 4=purchase; may be repeated."
        ),
    ] = None,
    constants: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="OURS=VALUE", help="Fill a column, as currency=EUR; may be repeated."),
    ] = None,
    returns: Annotated[bool, typer.Option("--returns", help="Rows with a negative quantity are refunds.")] = False,
    encoding: Annotated[
        str | None, typer.Option(help="How text is encoded, such as cp1252; by default, UTF-8.")
    ] = None,
    no_header: Annotated[
        bool, typer.Option("--no-header", help="The first line is a row; columns are column_1, …")
    ] = False,
    timezone: Annotated[
        str | None, typer.Option(help="The time zone of times that name none, such as Europe/London.")
    ] = None,
    date_format: Annotated[str | None, typer.Option(help="How dates are written, such as '%d/%m/%Y %H:%M'.")] = None,
) -> "Plan":
    """Return the plan that the options make."""
    from aisle.ingest.plan import Plan

    return Plan.parse(
        table=table,
        format=format_,
        maps=columns,
        kind=kind,
        values=values,
        constants=constants,
        returns=returns,
        encoding=encoding,
        header=not no_header,
        timezone=timezone,
        date_format=date_format,
    )


def takes_plan(command: Command) -> Command:
    """Give a command the options of `plan_of` in the place of its parameter `plan`, and call it with the plan."""
    options = signature(plan_of).parameters

    @wraps(command)
    def run(**given: Any) -> None:
        plan = plan_of(**{name: given.pop(name) for name in options})
        command(plan=plan, **given)

    parameters: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        shown = options.values() if parameter.name == "plan" else [parameter]
        parameters += [one.replace(kind=Parameter.KEYWORD_ONLY) for one in shown]
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run
