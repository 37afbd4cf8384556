"""`python -m benchmarks.screenshots`: the pictures of the docs, from the real pages of a simulated shop.

Needs Chromium (Debian's package `chromium`).
"""

import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import uvicorn
from playwright.sync_api import Browser, sync_playwright

from aisle.app.data.day_counts import count_days
from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.cli.demo import run_demo
from aisle.client import Client
from aisle.storage.log import events
from aisle.web.app import create_app
from aisle.web.server import listen

IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"
VISITS: Final = 150
PLACEMENTS: Final = ("recommended-for-you", "trending", "bestsellers")
EVENTS: Final = 300_000
ITEMS: Final = 2_000


EXPERIMENT: Final[dict[str, Any]] = {
    "name": "more-variety",
    "placement": "recommended-for-you",
    "variants": [{"name": "as-is"}, {"name": "varied", "settings": {"diversity": 0.3}}],
}
"""What the shoppers of the pictures take part in."""


class Shot(NamedTuple):
    """One picture: its name, the page, and the window."""

    name: str
    path: str
    width: int
    height: int
    dark: bool = False


SHOTS: Final = (
    Shot("home", "/", 1280, 860),
    Shot("home-dark", "/", 1280, 860, dark=True),
    Shot("phone", "/", 390, 844),
    Shot("product", "{item}", 1280, 860),
    Shot("category", "/category?sort=stars", 1280, 860),
    Shot("merchandising", "/console/merchandising?placement=bestsellers", 1280, 860),
    Shot("overview", "/console/overview?period=7&compare=1", 1280, 1100),
    Shot("overview-dark", "/console/overview?period=7&compare=1", 1280, 1100, dark=True),
    Shot("insights", "/console/insights", 1280, 1100),
    Shot("models", "/console/models", 1280, 860),
    Shot("explore", "/console/explore/shopper?user_id={user}", 1280, 1100),
    Shot("events", "/console/events?paused=1", 1280, 860),
    Shot("catalogue", "/console/catalogue", 1280, 860),
    Shot("experiments", "/console/experiments", 1280, 1100),
    Shot("segments", "/console/segments", 1280, 860),
)


def main() -> None:
    """Make the shop, serve it, and take every picture as one of its shoppers."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "shop") as (address, user_id):
        IMAGES.mkdir(exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for shot in SHOTS:
                take(browser, address, user_id, shot)
            browser.close()


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str]]:
    """Serve a simulated shop; yield its address and an active shopper."""
    run_demo(folder, EVENTS, ITEMS)
    with Shop.open(folder) as shop:
        shop.experiments.create(EXPERIMENT)
        shop.experiments.start(EXPERIMENT["name"], anyway=True)
        shop.segments.update()
    with Live(Settings.read(folder)) as live:
        listener = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(create_app(live), lifespan="off", log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        shop_a_little(address, events.active_users(live.db, VISITS))
        count_days(live.db)
        yield address, events.active_users(live.db, 2)[1]
        server.should_exit = True
        thread.join()


def shop_a_little(address: str, user_ids: Sequence[str]) -> None:
    """Let shoppers see shelves, click every eleventh item and buy some, so that the console has something to tell."""
    with Client(address) as client:
        for number, user_id in enumerate(user_ids):
            happened: list[dict[str, object]] = []
            for shelf in client.page(placements=PLACEMENTS, user_id=user_id, n=6).shelves:
                for place, item in enumerate(shelf.items):
                    seen: dict[str, object] = {
                        "user_id": user_id,
                        "item_id": item.item_id,
                        "recommendation_id": shelf.recommendation_id,
                    }
                    happened.append(seen | {"event": "view_item_list"})
                    if (number + 3 * place) % 11 == 0:
                        happened.append(seen | {"event": "select_item"})
                    if (number + 3 * place) % 33 == 0:
                        paid = {"quantity": 1, "price": 20, "currency": "GBP", "transaction_id": f"order-{number}"}
                        happened.append(seen | paid | {"event": "purchase"})
            client.send_events(happened)


def take(browser: Browser, address: str, user_id: str, shot: Shot) -> None:
    """Take one picture."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.dark else "light",
    )
    context.add_init_script("localStorage.setItem('aisle-tour', 'taken')")
    page = context.new_page()
    page.goto(f"/?user_id={user_id}")
    first = page.locator(".name a").first.get_attribute("href") or "/"
    page.goto(shot.path.format(item=first, user=user_id), wait_until="networkidle")
    page.screenshot(path=IMAGES / f"{shot.name}.png")
    print(IMAGES / f"{shot.name}.png")
    context.close()


if __name__ == "__main__":
    main()
