"""`aisle drift`: what changed, before it costs sales."""

import typer

from aisle.cli.options import Json
from aisle.cli.shop import open_shop


def drift(context: typer.Context, as_json: Json = False) -> None:
    """Compare the last week with the four weeks before: events, scores, and the live model's clicks by its age.

    The exit code is 1 if something has drifted.
    """
    from aisle.app.data.drift import drift as drift_of
    from aisle.cli.display import terminal

    with open_shop(context) as shop, terminal.bars() as progress:
        found = drift_of(shop.db, progress)
    if as_json:
        terminal.json(found)
    elif found:
        columns = ("what", "value", "matters from", "", "")
        rows = [(one.what, f"{one.value:.3f}", f"{one.bound:g}", "!" if one.beyond else "", one.says) for one in found]
        terminal.out.print(terminal.table("The last week and the four before", columns, rows, right=columns[1:3]))
    else:
        terminal.say("Too little happened in the last week, or in the four before, to compare them.")
    if any(one.beyond for one in found):
        raise typer.Exit(1)
