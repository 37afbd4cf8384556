"""Whether what shoppers do on a page with shelves arrives, though the way to the server fails again and again.

    python -m benchmarks.widget [--visits 300] [--faults 0.3] [--json FILE]

Chromium opens a shop's page on one address, with shelves from a server on another one. A proxy between the two breaks a
share of the calls that bring events: half of them before the server has seen them, half of them after it has answered.
In every visit the shopper clicks an item and buys one, and leaves. Each shopper comes three times, and then once more.
"""

import http.client
import random
import shutil
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop.access import Scope
from benchmarks.shared.rows import Row, finish, options
from tests.faults.load import until_locked, until_ready
from tests.small_shop import make_small_shop
from tests.web.serving import serving

VISITS_EACH: Final = 3
"""How often a shopper comes."""

PATIENCE_MS: Final = 20_000
"""How long the last page of a shopper may take to send the rest."""

STEP_MS: Final = 50
"""How often it is asked."""

SHOP_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title>
<script src="{server}/widget.js" data-key="{key}" data-layer="dataLayer" defer></script>
<script src="/shop.js" defer></script>
<aisle-shelf placement="bestsellers" n="6"></aisle-shelf></html>"""

SCRIPT: Final = """document.addEventListener("aisle-select", (event) => event.preventDefault());
window.buy = (transaction_id) =>
  dataLayer.push({ event: "purchase", ecommerce: { transaction_id, items: [{ item_id: "tea-1" }] } });"""


class Arrived(NamedTuple):
    """What shoppers did, and what of it is stored."""

    clicks: int
    clicks_stored: int
    purchases: int
    purchases_stored: int
    twice: int


class Pages(BaseHTTPRequestHandler):
    """The shop's own pages."""

    protocol_version = "HTTP/1.1"

    def __init__(self, files: dict[str, tuple[str, str]], policy: str, *arguments: object) -> None:
        self._files, self._policy = files, policy
        super().__init__(*arguments)  # type: ignore[arg-type] # as the server calls it

    def do_GET(self) -> None:
        """Answer with a page."""
        kind, text = self._files.get(self.path, ("text/plain", ""))
        content = text.encode()
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", self._policy)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class FaultyWay(BaseHTTPRequestHandler):
    """A way to the server on which calls with events get lost."""

    protocol_version = "HTTP/1.1"

    def __init__(self, server: str, share: float, draw: random.Random, *arguments: object) -> None:
        self._server, self._share, self._draw = server.removeprefix("http://"), share, draw
        super().__init__(*arguments)  # type: ignore[arg-type] # as the server calls it

    def _pass_on(self) -> None:
        chance = self._draw.random() if self.path == "/api/events" and self.command == "POST" else 1.0
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if chance < self._share / 2:
            self.close_connection = True
            return
        way = http.client.HTTPConnection(self._server, timeout=30)
        way.request(self.command, self.path, body, {**self.headers, "Host": self._server})
        answer = way.getresponse()
        content = answer.read()
        way.close()
        if chance < self._share:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "content-length", "date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        with suppress(ConnectionError):  # the browser has left the page meanwhile
            self.end_headers()
            self.wfile.write(content)

    do_GET = do_POST = do_OPTIONS = _pass_on  # noqa: N815 # as the server looks them up

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering(handler: object) -> Iterator[str]:
    """Answer on a free port; yields the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:  # type: ignore[arg-type] # a partial of a class
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def visited(folder: Path, browser: Browser, visits: int, share: float) -> Arrived:
    """Visit a page again and again; return what of it arrived.

    Parameters
    ----------
    folder
        A trained shop, which gets a key.
    share
        Which share of the calls with events fails.
    """
    files: dict[str, tuple[str, str]] = {"/shop.js": ("text/javascript", SCRIPT)}
    with (
        serving(folder) as (_, server),
        answering(partial(FaultyWay, server, share, random.Random(1))) as way,
        answering(partial(Pages, files, policy(way))) as shop_address,
    ):
        with Shop.open(folder) as shop:
            key = shop.create_key(Scope.BROWSER, "widget", [shop_address])
        files["/"] = ("text/html", SHOP_PAGE.format(server=way, key=key))
        until_ready(server)
        until_locked(server)
        clicks = 0
        for shopper in range(-(-visits // VISITS_EACH)):
            of_shopper = min(VISITS_EACH, visits - shopper * VISITS_EACH)
            context = browser.new_context(base_url=shop_address)
            for visit in range(of_shopper):
                _visit(context, f"order-{shopper}-{visit}")
            _return(context)
            context.close()
            clicks += of_shopper
    return _count(folder, clicks)


def policy(server: str) -> str:
    """Return a strict policy of a page with shelves of a server."""
    return f"default-src 'none'; script-src 'self' {server}; connect-src {server}; img-src {server}"


def _visit(context: BrowserContext, order: str) -> None:
    """Open the page, click an item, buy one, and leave."""
    page = context.new_page()
    page.goto("/")
    page.locator("aisle-shelf li[part=card]").first.click()
    page.evaluate("order => buy(order)", order)
    page.wait_for_timeout(200)
    page.close(run_before_unload=True)


def _return(context: BrowserContext) -> None:
    """Open the page once more, until nothing waits in the browser."""
    page = context.new_page()
    page.goto("/")
    wait_until_sent(page)
    page.close()


def wait_until_sent(page: Page) -> None:
    """Wait until no event waits in the browser.

    Raises
    ------
    TimeoutError
        If some still do after 20 seconds.
    """
    # The page's policy forbids the evaluation inside of it that Playwright's own way of waiting needs.
    for _ in range(PATIENCE_MS // STEP_MS):
        if not page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('aisle:event:')).length"):
            return
        page.wait_for_timeout(STEP_MS)
    raise TimeoutError("events still wait in the browser")


def _count(folder: Path, visits: int) -> Arrived:
    db = sqlite3.connect(Settings.read(folder).folder / "aisle.db")
    with db:
        ids = [row[0] for row in db.execute("SELECT event_id FROM events WHERE event = 'select_item'")]
        orders = [row[0] for row in db.execute("SELECT transaction_id FROM events WHERE transaction_id LIKE 'order-%'")]
    db.close()
    twice = sum(count - 1 for count in Counter(orders).values()) + max(0, len(ids) - visits)
    return Arrived(visits, len(ids), visits, len(set(orders)), twice)


def measure(visits: int, share: float) -> Row:
    """Visit a small shop's page."""
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = make_small_shop(Path(temporary) / "shop")
        with Shop.open(folder) as shop:
            shop.train("popularity")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        arrived = visited(folder, browser, visits, share)
        browser.close()
        return {"visits": visits, "faults": share, **arrived._asdict()}


def main() -> None:
    """Visit the page and print what arrived."""
    parser = options("widget", __doc__)
    parser.add_argument("--visits", type=int, default=300, help="how often the page is opened")
    parser.add_argument("--faults", type=float, default=0.3, help="the share of calls that fail")
    arguments = parser.parse_args()
    finish([measure(arguments.visits, arguments.faults)], arguments.json)


if __name__ == "__main__":
    main()
