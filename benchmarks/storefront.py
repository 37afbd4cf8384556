"""How soon the storefront shows something, how soon a click changes its shelves, and how much a first visit loads.

    python -m benchmarks.storefront [--shop FOLDER] [--times 20] [--json FILE]

Chromium's own timings, of visits with an empty cache by shoppers with a history, on a server that is warm. Without a
folder a simulated shop is made first, which takes a few minutes. Needs Chromium (Debian's package `chromium`).
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from aisle.app.shop import Shop
from aisle.storage.log import events
from benchmarks.screenshots import EVENTS, ITEMS
from benchmarks.shared.rows import Row, finish, options
from tests.faults.load import until_ready
from tests.web.serving import serving

WARM: Final = 3
"""The first visits, which are not measured."""

PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
LOADED: Final = """performance.getEntries().filter((entry) => entry.transferSize)
  .reduce((sum, entry) => sum + entry.transferSize, 0)"""
CLICK: Final = """() => new Promise((done) => {
  let clicked;
  const painted = new MessageChannel();
  painted.port1.onmessage = () => done(performance.now() - clicked);
  const changed = () => requestAnimationFrame(() => painted.port2.postMessage("after the frame"));
  document.addEventListener("htmx:afterSettle", changed, { once: true });
  clicked = performance.now();
  document.querySelector("#shelves .add:not([disabled])").click();
})"""
"""From a click on `Add to cart` until the frame with the shelves that follow from it is painted."""


def main() -> None:
    """Measure the visits."""
    parser = options("storefront", __doc__)
    parser.add_argument("--shop", type=Path, help="the folder of a demo shop")
    parser.add_argument("--times", type=int, default=20, help="how many visits are measured")
    arguments = parser.parse_args()
    with shop_at(arguments.shop) as folder:
        finish([measure(folder, arguments.times)], arguments.json)


@contextmanager
def shop_at(folder: Path | None) -> Iterator[Path]:
    """Return a copy of a shop, or a new one: visits change it."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "shop"
        if folder is None:
            from aisle.cli.demo import run_demo

            run_demo(copy, EVENTS, ITEMS)
        else:
            shutil.copytree(folder, copy)
        yield copy


def measure(folder: Path, times: int) -> Row:
    """Visit the home page as different shoppers."""
    with Shop.open(folder) as shop:
        shoppers = events.active_users(shop.db, times + WARM)
    with serving(folder) as (_, address), sync_playwright() as playwright:
        until_ready(address)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        visits = [visit(browser, address, user_id) for user_id in shoppers][WARM:]
        browser.close()
    paints, clicks, sizes = zip(*visits, strict=True)
    return {
        "visits": len(visits),
        "paint_p50_ms": median(paints),
        "paint_most_ms": max(paints),
        "click_p50_ms": median(clicks),
        "click_most_ms": max(clicks),
        "loaded_kb": median(sizes) / 1000,
    }


def visit(browser: Browser, address: str, user_id: str) -> tuple[float, float, float]:
    """Return the milliseconds until something was painted and from a click to changed shelves, and the bytes loaded."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 860})
    context.add_init_script("localStorage.setItem('aisle-tour', 'taken')")
    page: Page = context.new_page()
    page.goto(f"/?user_id={user_id}", wait_until="networkidle")
    paint, loaded = float(page.evaluate(PAINT)), float(page.evaluate(LOADED))
    click = float(page.evaluate(CLICK))
    context.close()
    return paint, click, loaded


if __name__ == "__main__":
    main()
