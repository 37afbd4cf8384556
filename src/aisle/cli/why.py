"""The command that follows one item to one shopper's shelf: `why`."""

from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.shelf import Json, Length
from aisle.cli.shop import open_shop

if TYPE_CHECKING:
    from rich.console import RenderableType

    from aisle.app.serving.why import Why


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(why)


def why(
    context: typer.Context,
    user_id: Annotated[str, typer.Argument(metavar="USER", help="The shopper's id.")],
    item_id: Annotated[str, typer.Argument(metavar="ITEM", help="The item's id.")],
    n: Length = 10,
    placement: Annotated[str | None, typer.Option(help="A placement of aisle.toml, not the personal shelf.")] = None,
    as_json: Json = False,
) -> None:
    """Tell why a shopper sees an item, or why not: who proposes it, how it ranks, which rule leaves it out."""
    with open_shop(context) as shop:
        told = shop.why(user_id, item_id, n, placement)
    from aisle.cli import show

    if as_json:
        show.json(told)
        return
    show.out.print(
        f"{told.name} ({item_id}) for {user_id}: {told.verdict}", style="bold", highlight=False, markup=False
    )
    for line in _lines(told):
        show.out.print(line, highlight=False, markup=False)
    for made in _tables(told):
        show.out.print(made)


def _lines(told: "Why") -> list[str]:
    """Return what is said in words."""
    lines = [] if told.available else ["It cannot be had at this moment."]
    if told.reason is not None:
        lines.append(f"Reason: {told.reason}.")
    if told.chance is not None:
        lines.append(f"By its ranks in the sources alone, it is wanted with a chance of {told.chance:.2%}.")
    if told.rank is not None:
        lines.append(f"Rank {told.rank} of {told.candidates} candidates, with a score of {told.score:.3f}.")
    return lines


def _tables(told: "Why") -> "list[RenderableType]":
    """Return what is told in tables, without the empty ones."""
    from aisle.cli.show import table
    from aisle.shop.moments import format_day

    proposals = [
        (one.source, one.rank, "yes" if one.proposed else "no", _share(one.score), _signed(one.adds))
        for one in told.proposals
    ]
    columns = ("source", "rank", "proposed", "of the best", "adds")
    made: list[RenderableType] = [table("Sources", columns, proposals, right=("rank", "of the best", "adds"))]
    if told.speaks:
        speaks = [
            (one.item_id, one.name, one.event, one.timestamp and format_day(one.timestamp), f"{one.share:.0%}")
            for one in told.speaks
        ]
        made.append(table("What speaks for it", ("item", "name", "event", "day", "share"), speaks, right=("share",)))
    if told.features:
        features = [(one.feature, _number(one.value), _signed(one.adds)) for one in told.features]
        made.append(table("Features that matter", ("feature", "value", "adds"), features, right=("value", "adds")))
    return made


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}"
