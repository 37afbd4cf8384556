"""Texts of the catalogue, of reviews and of people that try to run as code: none does, on no page and in no picture."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aisle.app.serving.shelf import Shelf, ShelfItem
from aisle.app.shop import Shop
from aisle.report.environment import environment
from aisle.shop import moments
from aisle.shop.access import Scope
from aisle.shop.money import format_money
from aisle.web.assets import FOLDER
from benchmarks.widget import Pages, answering, policy
from tests.faults.load import until_locked, until_ready
from tests.web.serving import serving

WAYS_OUT: Final = ("", '">', "'>", "</script>", "</title>", "</textarea>", "]]>", "-->", "{{7*7}}", "\u202e")
"""What might end the place where a text stands."""

WAYS_IN: Final = (
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg onload=hit()>",
    "<svg><script href='data:,hit()'/></svg>",
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    '" onfocus=hit() autofocus tabindex=1 x="',
    "' onmouseover=hit() style='position:fixed;inset:0' x='",
)
"""What would run there."""

HOSTILE: Final = [out + into for out in WAYS_OUT for into in WAYS_IN]


ODD: Final = ("W" * 300, "a long title " * 23, "שולחן עץ אלון ‮gnp.exe", "🫖" * 40, "‏كرسي خشب‏")
"""Titles that are hard to show: without a place to break, long, from right to left, of pictures only."""

pages = environment(FOLDER.parent / "templates", (format_money,))


@pytest.fixture(scope="module")
def hostile_folder(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a shop whose newest items say hostile things in every field."""
    folder = shutil.copytree(trained_folder, tmp_path_factory.mktemp("hostile") / "shop")
    now = moments.now()
    with Shop.open(folder) as shop:
        shop.import_items(
            [
                {
                    "item_id": text,
                    "title": text,
                    "brand": text,
                    "category": f"{text} > {text}",
                    "description": text,
                    "tags": text,
                    "image_url": f"https://127.0.0.1:1/{text}" if number % 2 else "javascript:hit()",
                    "price": "1",
                    "currency": "GBP",
                    "available_from": now,
                }
                for number, text in enumerate(HOSTILE)
            ]
        )
        shop.import_items([{"item_id": "bare", "available_from": now + 1}])
        shop.import_items(
            [
                {"item_id": f"odd {number}", "title": title, "brand": title, "available_from": now + 2}
                for number, title in enumerate(ODD)
            ]
        )
        shop.import_reviews(
            [
                {
                    "review_id": f"r{number}",
                    "user_id": text,
                    "item_id": "tea-1",
                    "rating": "5",
                    "title": text,
                    "text": text,
                }
                for number, text in enumerate(HOSTILE)
            ]
        )
    return folder


@pytest.fixture(scope="module")
def server(hostile_folder: Path) -> Iterator[str]:
    """Serve the shop; yields its address."""
    with serving(hostile_folder) as (_, address):
        until_ready(address)
        yield address


@pytest.fixture
def context(browser: Browser, server: str) -> Iterator[BrowserContext]:
    """A visitor whose browser would run what our policy forbids, so that only our pages stand in the way."""
    context = browser.new_context(base_url=server, bypass_csp=True, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    hits: list[str] = []
    context.expose_function("hit", lambda: hits.append("hit"))
    yield context
    context.close()
    assert hits == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def test_a_page_that_runs_one_would_be_noticed(browser: Browser, server: str) -> None:
    context = browser.new_context(base_url=server, bypass_csp=True)
    hits: list[str] = []
    context.expose_function("hit", lambda: hits.append("hit"))
    page = context.new_page()
    page.goto("/")
    page.evaluate("text => document.body.innerHTML = text", WAYS_IN[1])
    for _ in range(100):
        if not hits:
            page.wait_for_timeout(100)
    context.close()
    assert hits == ["hit"]


def test_no_list_of_items_runs_them(page: Page) -> None:
    shown = set()
    for path in ("/", *(f"/category?sort=newest&page={number}" for number in (1, 2, 3, 4)), "/category?q=hit"):
        page.goto(path)
        shown |= {item.get_attribute("data-item") for item in page.locator("[data-item]").all()}
        for card in page.locator("[data-item] a").all()[:3]:
            card.hover(force=True)
    assert len(shown & set(HOSTILE)) >= 60


def test_odd_titles_stay_in_their_places_on_a_phone(browser: Browser, server: str) -> None:
    context = browser.new_context(base_url=server, viewport={"width": 390, "height": 844})
    page = context.new_page()
    for path in ("/", "/category?sort=newest", *(f"/item?item_id={item}" for item in ("bare", "odd 0", "odd 2"))):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.get_by_role("heading", level=1).or_(page.locator(".shelf h2")).first.inner_text().strip()
    page.goto("/category?sort=newest")
    assert page.locator('[data-item="bare"] .name').inner_text() == "bare"
    for title in page.locator('[data-item^="odd"] .name bdi').all():
        assert title.evaluate("title => title.scrollWidth <= title.closest('li').clientWidth")
    page.goto("/item?item_id=odd 0")
    page.get_by_role("button", name="Add to cart", exact=True).click()
    expect(page.locator(".count")).to_contain_text("1")
    page.goto("/cart")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_no_product_page_runs_them(page: Page) -> None:
    for text in HOSTILE:
        page.goto(f"/item?item_id={quote(text, safe='')}", wait_until="domcontentloaded")
        assert page.get_by_role("heading", level=1).inner_text().strip() != ""


def test_no_review_runs_them(page: Page) -> None:
    page.goto("/item?item_id=tea-1")
    assert page.locator("text=hit()").count() > 0


def test_no_picture_runs_them(page: Page) -> None:
    for text in HOSTILE:
        answer = page.goto(f"/picture.svg?item_id={quote(text, safe='')}", wait_until="domcontentloaded")
        assert answer is not None
        assert answer.headers["content-type"].startswith("image/svg+xml")


def test_nothing_that_a_visitor_says_runs(page: Page) -> None:
    for number, text in enumerate(HOSTILE):
        path = ("/search?q=", "/category?q=", "/?user_id=")[number % 3]
        page.goto(path + quote(text, safe=""), wait_until="domcontentloaded")


def test_the_cart_the_orders_and_the_wishlist_run_none(page: Page) -> None:
    page.goto(f"/item?item_id={quote(HOSTILE[1], safe='')}")
    page.get_by_role("button", name="Add to cart", exact=True).click()
    page.wait_for_timeout(300)
    for path in ("/cart", "/wishlist", "/orders"):
        page.goto(path)


def test_no_e_mail_runs_them(page: Page) -> None:
    items = [ShelfItem(text, text, text, None, None, 1, text, None, None) for text in HOSTILE]
    shelf = Shelf(items, 1, None, "id", "home")
    page.set_content(pages.get_template("mail/shelf.html").render(shelf=shelf, here="https://127.0.0.1:1/e/token"))
    for link in page.locator("a").all():
        link.hover(force=True)
    assert page.locator("img").count() == page.locator("a").count() == len(HOSTILE)


def test_no_shelf_on_another_site_runs_them(context: BrowserContext, hostile_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(hostile_folder, tmp_path / "shop")
    files: dict[str, tuple[str, str]] = {}
    with serving(folder) as (_, server), answering(partial(Pages, files, policy(server))) as address:
        with Shop.open(folder) as shop:
            key = shop.create_key(Scope.BROWSER, "pages", [address])
        script = f'<script src="{server}/widget.js" data-key="{key}" defer></script>'
        shelf = f'<aisle-shelf placement="new-arrivals" n="{len(HOSTILE)}" layout="grid"></aisle-shelf>'
        files["/"] = ("text/html", f'<!doctype html><meta charset="utf-8">{script}{shelf}')
        until_ready(server)
        until_locked(server)
        page = context.new_page()
        page.goto(address)
        page.locator("aisle-shelf li[part=card]").first.wait_for()
        texts = page.locator("aisle-shelf li[part=card] span:first-of-type").all_inner_texts()
        page.wait_for_timeout(500)
    assert len(texts) >= 60
