"""The command that looks at the data: `profile`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.shop import open_shop
from aisle.shop.moments import format_day

if TYPE_CHECKING:
    from aisle.insights.finding import Finding
    from aisle.insights.quality import Quality


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(profile)


def profile(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with plots, too.")] = None,
) -> None:
    """Look for what is odd in the data: duplicates, gaps, bots, odd prices and stars, items that nobody knows.

    Every finding says how much of the data it is about, gives an example, and says what to do.
    """
    from aisle.cli import show
    from aisle.report.file import check_target, write_page
    from aisle.report.quality import quality_page

    if html:
        check_target(html)
    with open_shop(context) as shop, show.bars() as progress:
        quality = shop.profile(progress)
    if html:
        write_page(quality_page(quality, shop.settings.shop), html)
    if as_json:
        show.json(quality)
        return
    _print(quality)
    if html:
        show.out.print(f"The page is in {html}.", highlight=False, markup=False, soft_wrap=True)


def _print(quality: "Quality") -> None:
    from aisle.cli import show

    days = f"{format_day(quality.first)} to {format_day(quality.last)}"
    title = f"{quality.events:,} events of {quality.visitors:,} visitors, {days}; {quality.items:,} items"
    columns = ("", "finding", "count", "of", "share")
    if quality.findings:
        show.out.print(show.table(title, columns, [_row(one) for one in quality.findings], right=columns[2:]))
    else:
        show.out.print(f"{title}. Nothing is odd.", highlight=False)


def _row(finding: "Finding") -> tuple[str, ...]:
    from aisle.report.quality import percent

    example = f"\nFor example {finding.example}" if finding.example else ""
    told = f"{finding.what}{example}\n→ {finding.advice}\n"
    return finding.severity.value, told, f"{finding.count:,}", f"{finding.of:,}", percent(finding.share)
