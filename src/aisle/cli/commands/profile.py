"""`aisle profile`: the quality of the data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.options import Json
from aisle.cli.shop import open_shop
from aisle.shop.moments import format_day

if TYPE_CHECKING:
    from aisle.insights.finding import Finding
    from aisle.insights.quality import Quality


def profile(
    context: typer.Context,
    as_json: Json = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a page with charts.")] = None,
) -> None:
    """Look for problems in the data: duplicates, gaps, bots, odd prices and stars, unknown items.

    Every finding says how much of the data it concerns, gives an example, and says what to do.
    """
    from aisle.cli.display import terminal
    from aisle.report.file import check_target, write_page
    from aisle.report.quality import quality_page

    if html:
        check_target(html)
    with open_shop(context) as shop, terminal.bars() as progress:
        quality = shop.profile(progress)
    if html:
        write_page(quality_page(quality, shop.settings.shop), html)
    if as_json:
        terminal.json(quality)
        return
    _print(quality)
    if html:
        terminal.say(f"The page is in {html}.")


def _print(quality: "Quality") -> None:
    from aisle.cli.display import terminal

    days = f"{format_day(quality.first)} to {format_day(quality.last)}"
    title = f"{quality.events:,} events of {quality.visitors:,} visitors, {days}; {quality.items:,} items"
    columns = ("", "finding", "count", "of", "share")
    if quality.findings:
        rows = [_row(finding) for finding in quality.findings]
        terminal.out.print(terminal.table(title, columns, rows, right=columns[2:]))
    else:
        terminal.say(f"{title}. No problems found.")


def _row(finding: "Finding") -> tuple[str, ...]:
    from aisle.report.quality import percent

    example = f"\nFor example {finding.example}" if finding.example else ""
    text = f"{finding.what}{example}\n→ {finding.advice}\n"
    return finding.severity.value, text, f"{finding.count:,}", f"{finding.of:,}", percent(finding.share)
