"""How long each page of the console takes in Chromium on a warm server.

    python -m benchmarks.console SHOP [--times 20] [--json FILE]

A page is there when it is loaded and the charts in sight are drawn. The first visit, on which the server computes what
it keeps and the browser loads scripts and styles, is told apart. A request to another host is an error. The shop is
used in its folder, and its days are counted first. Needs Chromium (Debian's package `chromium`).
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from playwright.sync_api import BrowserContext, sync_playwright

from aisle.app.data.day_counts import count_days
from aisle.app.shop import Shop
from aisle.storage.log import events
from aisle.web.console.pages import PAGES
from benchmarks.shared.rows import Row, finish, options
from tests.faults.load import until_ready
from tests.web.serving import serving

TIMEOUT_MS: Final = 300_000

THERE: Final = """() => document.readyState === "complete" && [...document.querySelectorAll("figure.chart")].every(
  (figure) => figure.dataset.drawn !== undefined || !figure.querySelector(".drawing")
    || figure.getBoundingClientRect().top > innerHeight)"""
"""Whether the page is loaded and no chart in sight is yet to be drawn."""


def main() -> None:
    """Measure every page of the navigation."""
    parser = options("console", __doc__)
    parser.add_argument("shop", type=Path, help="the folder of a shop")
    parser.add_argument("--times", type=int, default=20, help="how many visits are measured")
    arguments = parser.parse_args()
    finish(list(measure(arguments.shop, arguments.times)), arguments.json)


def measure(folder: Path, times: int) -> Iterator[Row]:
    """Yield a row for each page."""
    with Shop.open(folder) as shop:
        count_days(shop.db)
        number = events.count(shop.db)
    with serving(folder) as (_, address), sync_playwright() as playwright:
        until_ready(address)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        for page in PAGES:
            first, *seconds = (_visit(context, page.LINK.path) for _ in range(1 + times))
            yield {
                "page": page.LINK.path,
                "events": number,
                "first_s": first,
                "median_s": median(seconds),
                "most_s": max(seconds),
            }
        browser.close()
    if others := [url for url in asked if not url.startswith((address, "data:"))]:
        raise RuntimeError(f"the console asks another host: {others[0]}")


def _visit(context: BrowserContext, path: str) -> float:
    """Return after how many seconds a page is there."""
    page = context.new_page()
    started = time.perf_counter()
    page.goto(path, timeout=TIMEOUT_MS)
    page.wait_for_function(THERE, timeout=TIMEOUT_MS)
    seconds = time.perf_counter() - started
    page.close()
    return seconds


if __name__ == "__main__":
    main()
