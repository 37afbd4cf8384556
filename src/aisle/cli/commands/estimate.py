"""`aisle experiments estimate`: what another strategy would have brought, from the log of what was shown."""

from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.options import Json
from aisle.cli.shop import open_shop
from aisle.engine.request import MAIN_PLACEMENT

if TYPE_CHECKING:
    from aisle.app.estimating import Estimated
    from aisle.experiments.off_policy import Estimate


def estimate(
    context: typer.Context,
    strategy: Annotated[str, typer.Option(help="The strategy or the model that would fill the placement.")],
    placement: Annotated[str, typer.Option(help="The placement.")] = MAIN_PLACEMENT,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days of the log count.")] = 28,
    shelves: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="So many logged shelves are filled again, at random.")
    ] = 5_000,
    as_json: Json = False,
) -> None:
    """Estimate what another strategy would have brought, before anybody sees it.

    Logged shelves are filled again, and count as far as what stood there by chance is what the strategy would show.
    Where the log tells too little, the reason is said, and nothing is estimated.
    """
    from aisle.cli.display import terminal

    with open_shop(context) as shop, terminal.bars() as progress:
        found = shop.estimate(strategy, placement, days, shelves, progress)
    if as_json:
        terminal.json(found)
    else:
        _print(found)


def _print(found: "Estimated") -> None:
    from aisle.cli.display import terminal

    columns = ("method", "clicks per place", "95 % interval", "change", "95 % interval")
    terminal.out.print(
        terminal.table(
            f"{found.strategy} on {found.placement}, the last {found.days} days",
            columns,
            [_cells(one) for one in found.estimates],
            right=columns[1:],
        )
    )
    told = found.overlap
    terminal.say(
        f"What was shown brought {found.clicks:.2%}. {found.shelves:,} shelves with {told.places:,} places were filled "
        f"again; they tell as much as {told.effective:,.0f} places of the new strategy."
    )
    best = found.best
    if best.change_low > 0:
        says = "By DR it would have brought more."
    elif best.change_high < 0:
        says = "By DR it would have brought less."
    else:
        says = "By DR nobody can tell whether it would have brought more or less."
    terminal.say(f"{says} DM is as wrong as its model, which its interval does not know.")
    if found.learnt:
        terminal.say(
            f"{found.learnt:.0%} of the shelves are older than the data of the live model, which has learnt from their "
            "clicks: the estimate may be too good."
        )


def _cells(one: "Estimate") -> tuple[str, ...]:
    change, low, high = (f"{value:+.2%}" for value in (one.change, one.change_low, one.change_high))
    return one.method, f"{one.value:.2%}", f"{one.low:.2%} – {one.high:.2%}", change, f"{low} – {high}"
