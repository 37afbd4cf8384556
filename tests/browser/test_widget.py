"""The shelf on the pages of another site, as docs/widget.md shows it, in a real browser."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aisle.app.shop import Shop
from aisle.shop.access import Scope
from benchmarks.widget import Pages, answering, policy, visited, wait_until_sent
from tests.faults.load import until_locked, until_ready
from tests.small_shop import HOSTILE_NAME
from tests.web.serving import serving

MOST_BYTES: Final = 12_288
DOCS: Final = (Path(__file__).parents[2] / "docs" / "widget.md").read_text(encoding="utf-8")
FENCED: Final = re.findall(r"```(?:html|js)\n(.*?)```", DOCS, re.DOTALL)
EXAMPLE, EXAMPLE_SCRIPT, OWN_CARDS = FENCED


class Site(NamedTuple):
    """A shop's own site, on an address that is not Aisle's."""

    address: str
    folder: Path
    files: dict[str, tuple[str, str]]
    server: str
    key: str

    def show(self, body: str, script: str = "", attributes: str = "") -> str:
        """Make a page with our script; return its path."""
        head = f'<script src="{self.server}/widget.js" data-key="{self.key}" {attributes} defer></script>'
        path = f"/{len(self.files)}"
        self.files[f"{path}.js"] = ("text/javascript", script)
        later = f'<script src="{path}.js" defer></script>'
        page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>A</title>{head}{later}{body}</html>'
        self.files[path] = ("text/html", page)
        return path

    def events(self, kind: str) -> list[tuple[str, str, str | None]]:
        """Return the item, the session and the recommendation_id of each stored event of a kind."""
        return self.rows("SELECT item_id, session_id, recommendation_id FROM events WHERE event = ?", kind)

    def rows(self, query: str, value: str) -> list[tuple[Any, ...]]:
        """Return what a query finds in the shop's database."""
        with closing(sqlite3.connect(self.folder / "aisle.db")) as db:
            return db.execute(query, [value]).fetchall()


@pytest.fixture(scope="module")
def site(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = shutil.copytree(trained_folder, tmp_path_factory.mktemp("widget") / "shop")
    files: dict[str, tuple[str, str]] = {}
    with serving(folder) as (_, server), answering(partial(Pages, files, policy(server))) as address:
        with Shop.open(folder) as shop:
            key = shop.create_key(Scope.BROWSER, "pages", [address])
        until_ready(server)
        until_locked(server)
        yield Site(address, folder, files, server, key)


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=site.address, viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    yield context
    context.close()
    assert [url for url in asked if not url.startswith((site.address, site.server, "data:"))] == []


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    assert [problem for problem in problems if "favicon" not in problem and "404" not in problem] == []


def items_of(page: Page, placement: str) -> list[str]:
    """Return the names of the items of a shelf."""
    cards = page.locator(f"aisle-shelf[placement={placement}] li[part=card]")
    cards.first.wait_for()
    return cards.all_inner_texts()


def test_the_script_is_small(site: Site, page: Page) -> None:
    answer = page.request.get(f"{site.server}/widget.js")
    assert len(answer.body()) <= MOST_BYTES
    assert answer.headers["content-type"].startswith(("text/javascript", "application/javascript"))


def test_the_page_of_the_docs_shows_its_shelves(site: Site, page: Page) -> None:
    example = EXAMPLE.replace("https://aisle.example", site.server).replace("pk_YOUR_KEY", site.key)
    site.files["/example"] = ("text/html", example)
    site.files["/shop.js"] = ("text/javascript", EXAMPLE_SCRIPT)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.goto("/example")
    similar, personal = items_of(page, "similar-items"), items_of(page, "recommended-for-you")
    assert len(similar) == 6
    names = [text.splitlines()[0] for text in [*similar, *personal]]
    assert len(set(names)) == len(names)
    assert asked.count(f"{site.server}/api/page") == 1
    wait_until_sent(page)
    assert "tea-1" in {item_id for item_id, *_ in site.events("view_item")}


def test_a_look_of_a_second_a_click_and_the_button_are_events(site: Site, page: Page) -> None:
    page.goto(site.show('<aisle-shelf placement="bestsellers" n="3" add-label="Add to cart"></aisle-shelf>'))
    items_of(page, "bestsellers")
    page.wait_for_timeout(3000)
    page.locator("aisle-shelf li[part=card] img").first.click()
    page.locator("aisle-shelf button").nth(1).click()
    wait_until_sent(page)
    session = page.evaluate("localStorage.getItem('aisle:session')")
    for kind, count in {"view_item_list": 3, "select_item": 1, "add_to_cart": 1}.items():
        own = [row for row in site.events(kind) if row[1] == session]
        assert (kind, len(own), all(shelf for *_, shelf in own)) == (kind, count, True)


def test_a_middle_click_opens_an_item_and_a_right_click_does_not(site: Site, page: Page) -> None:
    page.goto(site.show('<aisle-shelf placement="bestsellers" n="3"></aisle-shelf>'))
    image = page.locator("aisle-shelf li[part=card] img").first
    image.click(button="right")
    image.click(button="middle")
    wait_until_sent(page)
    session = page.evaluate("localStorage.getItem('aisle:session')")
    assert len([row for row in site.events("select_item") if row[1] == session]) == 1


def test_what_was_not_seen_for_a_second_is_not_noted(site: Site, page: Page) -> None:
    page.goto(site.show(f'{"<br>" * 200}<aisle-shelf placement="bestsellers" n="3"></aisle-shelf>'))
    items_of(page, "bestsellers")
    page.wait_for_timeout(1300)
    session = page.evaluate("localStorage.getItem('aisle:session')")
    assert [row for row in site.events("view_item_list") if row[1] == session] == []


def test_clicks_change_the_next_shelf_of_the_visit(site: Site, page: Page) -> None:
    path = site.show('<aisle-shelf placement="recommended-for-you" n="5"></aisle-shelf>')
    page.goto(path)
    for item_id in ("tool-1", "tool-2", "tool-3"):
        page.evaluate("(item_id) => aisle.track({ event: 'view_item', item_id })", item_id)
    wait_until_sent(page)
    page.goto(path)
    assert sum("tool" in text for text in items_of(page, "recommended-for-you")) >= 3


def test_an_order_of_the_data_layer_counts_once(site: Site, page: Page) -> None:
    order = """const lines = [{ item_id: "tea-2", price: 4.5, quantity: 2 }, { item_id: "tea-3", price: 3 }];
      const order = { event: "purchase", ecommerce: { transaction_id: "T-1", currency: "EUR", items: lines } };
      (window.layer ||= []).push(order, { event: "page_view" });"""
    path = site.show("", order, 'data-layer="layer"')
    for _ in range(2):
        page.goto(path)
        wait_until_sent(page)
    lines = site.rows("SELECT item_id, quantity, currency FROM events WHERE transaction_id = ? ORDER BY 1", "T-1")
    assert lines == [("tea-2", 2, "EUR"), ("tea-3", None, "EUR")]


def test_nothing_is_kept_or_sent_before_consent(site: Site, page: Page) -> None:
    path = site.show('<aisle-shelf placement="bestsellers"></aisle-shelf>', attributes='data-consent="required"')
    page.goto(path)
    items_of(page, "bestsellers")
    page.evaluate("aisle.track({ event: 'view_item', item_id: 'tea-7' })")
    page.wait_for_timeout(500)
    assert page.evaluate("localStorage.length") == 0
    assert "tea-7" not in {item_id for item_id, *_ in site.events("view_item")}
    page.evaluate("aisle.consent(true)")
    wait_until_sent(page)
    assert "tea-7" in {item_id for item_id, *_ in site.events("view_item")}
    page.evaluate("aisle.consent(false)")
    assert page.evaluate("localStorage.length") == 0


def test_own_cards_and_texts_that_are_never_html(site: Site, page: Page) -> None:
    with Shop.open(site.folder) as shop:
        best = shop.recommend("nobody", placement="bestsellers", n=1).items[0].item_id
        shop.import_items([{"item_id": best, "name": HOSTILE_NAME, "url": "javascript:alert(1)"}])
    shown: list[str] = []
    page.on("dialog", lambda dialog: shown.append(dialog.message))
    own, usual = OWN_CARDS.replace("trending", "bestsellers"), '<aisle-shelf placement="new-arrivals"></aisle-shelf>'
    page.goto(site.show(own + usual))
    assert HOSTILE_NAME in items_of(page, "bestsellers")[0]
    page.locator("aisle-shelf li[part=card] a").first.click()
    assert (shown, page.locator("aisle-shelf a[href^=javascript]").count()) == ([], 0)


def test_a_shelf_that_cannot_be_filled_is_hidden_and_says_why(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    said = "document.documentElement.dataset.said = detail;"
    page.add_init_script(f'document.addEventListener("aisle-failed", ({{ detail }}) => {{ {said} }});')
    page.goto(site.show('<aisle-shelf placement="no-such-place"></aisle-shelf>'))
    expect(page.locator("html")).to_have_attribute("data-said", re.compile("no-such-place"))
    expect(page.locator("aisle-shelf")).to_be_hidden()


def test_nothing_is_lost_though_every_third_call_fails(
    browser: Browser, untrained_folder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(untrained_folder, tmp_path / "shop")
    with Shop.open(folder) as shop:
        shop.train("popularity")
    arrived = visited(folder, browser, visits=20, share=0.3)
    assert arrived.clicks_stored == arrived.clicks == 20
    assert arrived.purchases_stored == arrived.purchases == 20
    assert arrived.twice == 0
