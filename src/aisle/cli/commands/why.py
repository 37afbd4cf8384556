"""`aisle why`: how an item reaches a shopper's shelf, or why it does not."""

from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.options import Json, Length
from aisle.cli.shop import open_shop

if TYPE_CHECKING:
    from rich.console import Group

    from aisle.app.serving.why import Why


def why(
    context: typer.Context,
    user_id: Annotated[str, typer.Argument(metavar="USER", help="The shopper's id.")],
    item_id: Annotated[str, typer.Argument(metavar="ITEM", help="The item's id.")],
    n: Length = 10,
    placement: Annotated[
        str | None, typer.Option(help="A placement of aisle.toml, instead of the personal shelf.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain why a shopper sees an item, or why not: who proposes it, how it ranks, which rule excludes it."""
    with open_shop(context) as shop:
        explanation = shop.why(user_id, item_id, n, placement)
    from aisle.cli.display import terminal

    if as_json:
        terminal.json(explanation)
        return
    terminal.say(f"{explanation.name} ({item_id}) for {user_id}: {explanation.verdict}", style="bold")
    for line in _lines(explanation):
        terminal.say(line)
    for table in _tables(explanation):
        terminal.out.print(table)


def _lines(explanation: "Why") -> list[str]:
    """Return an explanation's sentences."""
    lines = [] if explanation.available else ["It is not available now."]
    if explanation.reason is not None:
        lines.append(f"Reason: {explanation.reason}.")
    if explanation.chance is not None:
        days = f"{explanation.chance_days:.0f} days"
        lines.append(f"Of shoppers and items like these, {explanation.chance:.1%} came together within {days}.")
    if explanation.rank is not None:
        lines.append(
            f"Rank {explanation.rank} of {explanation.candidates} candidates, with a score of {explanation.score:.3f}."
        )
    return lines


def _tables(explanation: "Why") -> "list[Group]":
    """Return an explanation's tables, without empty ones."""
    from aisle.cli.display.terminal import table
    from aisle.shop.moments import format_day

    proposals = [
        (
            proposal.source,
            proposal.rank,
            "yes" if proposal.proposed else "no",
            _share(proposal.score),
            _signed(proposal.adds),
        )
        for proposal in explanation.proposals
    ]
    columns = ("source", "rank", "proposed", "of the best", "adds")
    tables = [table("Sources", columns, proposals, right=("rank", "of the best", "adds"))]
    if explanation.speaks:
        earlier = [
            (item.item_id, item.name, item.event, item.timestamp and format_day(item.timestamp), f"{item.share:.0%}")
            for item in explanation.speaks
        ]
        columns = ("item", "name", "event", "day", "share")
        tables.append(table("Earlier items that speak for it", columns, earlier, right=("share",)))
    if explanation.features:
        features = [
            (feature.feature, _number(feature.value), _signed(feature.adds)) for feature in explanation.features
        ]
        tables.append(table("Features that matter", ("feature", "value", "adds"), features, right=("value", "adds")))
    return tables


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}"
