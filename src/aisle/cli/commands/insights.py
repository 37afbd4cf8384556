"""`aisle insights`: what the data says."""

from pathlib import Path
from typing import Annotated

import typer

from aisle.cli.options import Json
from aisle.cli.shop import open_shop
from aisle.shop.columns import USER_ID
from aisle.shop.moments import format_day


def insights(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="Which ones; all by default.")] = None,
    as_json: Json = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with charts.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Of the last so many days alone.")] = None,
    category: Annotated[str | None, typer.Option(help="Of the items of a category, and of those below it.")] = None,
    brand: Annotated[str | None, typer.Option(help="Of the items of a brand.")] = None,
    segment: Annotated[str | None, typer.Option(help="Of the shoppers of a segment.")] = None,
) -> None:
    """Say what the data says: funnel, customers, baskets, categories, prices, seasons, returns, stars and more.

    Of each a sentence; the tables behind them are in the page and in the JSON.
    """
    from aisle.cli.display import terminal
    from aisle.insights.selection import Selection
    from aisle.report.file import check_target, write_page
    from aisle.report.insights import insights_page

    if html:
        check_target(html)
    with open_shop(context) as shop, terminal.bars() as progress:
        shoppers = shop.segments.members(segment)[USER_ID] if segment else None
        selection = Selection(days, category=category, brand=brand, shoppers=shoppers)
        found = shop.insights(names or (), progress, selection)
    if html:
        write_page(insights_page(found, shop.settings.shop), html)
    if as_json:
        terminal.json(
            [
                {
                    "name": insight.name,
                    "title": insight.title,
                    "sentence": insight.sentence,
                    "currency": insight.currency,
                    "rows": insight.frame.to_dicts(),
                }
                for insight in found.insights
            ]
        )
        return
    time = f"{format_day(found.first)} to {format_day(found.end - 1)}"
    rows = [(insight.title, insight.sentence) for insight in found.insights]
    terminal.out.print(terminal.table(f"{found.events:,} events, {time}", ("", "what it says"), rows))
    if found.left_out:
        terminal.say(f"{found.left_out:,} events from the future, or far from all others, are left out.")
    if html:
        terminal.say(f"The page is in {html}.")
