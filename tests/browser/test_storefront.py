"""The storefront in a real browser: the shelves follow, and everybody can use it."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from tests.small_shop import HOSTILE_NAME, TOOLS

PAGES = ("/", "/category", "/item?item_id=tea-1", "/cart", "/orders", "/wishlist", "/category?price_min=99")


def places(page: Page, placement: str = "recommended-for-you") -> list[str]:
    """Return the items of a shelf, in order."""
    items = page.locator(f'[data-placement="{placement}"] [data-item]')
    return [item.get_attribute("data-item") or "" for item in items.all()]


def test_three_clicks_change_the_shelf_and_mark_what_changed(page: Page) -> None:
    page.goto("/")
    for item_id in TOOLS[:3]:
        page.goto(f"/item?item_id={item_id}")
    page.goto("/")
    assert len(set(places(page)[:5]) & set(TOOLS)) >= 3
    expect(page.locator("#known")).to_contain_text("Tools")
    expect(page.get_by_role("heading", name="Because you looked at The tool-2")).to_be_visible()


def test_a_deed_changes_the_page_in_place(page: Page) -> None:
    page.goto("/")
    page.evaluate("window.kept = true")
    page.locator('[data-item="tea-1"]').first.get_by_role("button", name=re.compile("Add to cart")).click()
    expect(page.locator(".count")).to_contain_text("1")
    expect(page.locator("#known")).to_contain_text("Added to cart")
    assert page.evaluate("window.kept")
    page.locator('[data-item="tea-2"]').first.get_by_role("button", name=re.compile("wishlist")).click()
    expect(page.locator('[data-item="tea-2"] .round.on').first).to_be_visible()


def test_what_did_not_change_stays_as_it_was(page: Page) -> None:
    page.goto("/?user_id=user-0")
    page.evaluate("document.querySelectorAll('[data-version], #theme').forEach((part) => { part.kept = true; })")
    wish = page.locator('[name="add_to_wishlist"]').first
    wish.evaluate("button => { button.value = 'tool-9'; }")  # which changes no shelf of who buys tea
    wish.click()
    expect(page.locator("#known")).to_contain_text("Wished for")
    assert all(page.locator("[data-version]").evaluate_all("shelves => shelves.map((shelf) => shelf.kept)"))
    assert page.locator("#theme").evaluate("button => button.kept && !button.hidden")


def test_a_shelf_that_changes_keeps_its_place_and_the_focus(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/?user_id=user-2")
    shelf = page.locator('[data-placement="recommended-for-you"]')
    shelf.evaluate("shelf => { shelf.old = true; }")
    wish = shelf.locator('[data-item^="tea"]').last.locator(".round")
    name = wish.get_attribute("aria-label") or ""
    wish.focus()
    page.wait_for_timeout(300)
    left = shelf.locator(".carousel").evaluate("carousel => carousel.scrollLeft")
    page.keyboard.press("Enter")
    expect(shelf.get_by_role("button", name=name.replace("Put on", "Take off"))).to_be_focused()
    assert left > 0
    assert shelf.evaluate("shelf => shelf.old") is None
    assert shelf.locator(".carousel").evaluate("carousel => carousel.scrollLeft") == left


def test_where_an_item_leaves_its_shelf_the_focus_stays_there(page: Page) -> None:
    page.goto("/?user_id=user-4")
    shelf = page.locator('[data-placement="recommended-for-you"]')
    shelf.get_by_text("Why this?").first.click()
    shelf.get_by_role("button", name=re.compile("Not interested")).first.press("Enter")
    expect(shelf.locator(".carousel")).to_be_focused()


def test_a_shop_that_does_not_answer_says_so_and_keeps_what_it_shows(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    shown = places(page)
    add = page.locator('[data-item="tea-1"]').first.get_by_role("button", name=re.compile("Add to cart"))
    context.set_offline(True)
    add.click()
    expect(page.locator("#trouble")).to_have_text("The shop does not answer just now. Try again in a moment.")
    context.set_offline(False)
    assert places(page) == shown
    add.click()
    expect(page.locator(".count")).to_contain_text("1")
    expect(page.locator("#trouble")).to_be_hidden()


def test_a_deed_that_is_refused_is_explained(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    page.evaluate("document.querySelectorAll('[name=form_token]').forEach(field => { field.value = 'old'; })")
    page.locator('[data-item="tea-1"]').first.get_by_role("button", name=re.compile("Add to cart")).click()
    expect(page.locator("#trouble")).to_contain_text("this form is out of date")
    assert len(places(page)) > 0


def test_buying_and_sending_back(page: Page) -> None:
    page.goto("/item?item_id=tea-3")
    page.get_by_role("button", name="Add to cart", exact=True).click()
    expect(page.locator(".count")).to_contain_text("1")
    page.goto("/cart")
    page.get_by_role("button", name="Buy").click()
    expect(page).to_have_url(re.compile("/orders$"))
    page.get_by_role("button", name="Send back: The tea-3").click()
    expect(page.get_by_text("sent back")).to_be_visible()


def test_a_page_that_is_not_there_has_no_faults_of_its_own(context: BrowserContext) -> None:
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto("/nothing")
    expect(page.get_by_role("link", name="Back to the shop")).to_be_visible()
    assert problems == []


@pytest.mark.parametrize("by_key", [True, False])
def test_suggestions_close_when_somebody_goes_on_elsewhere(page: Page, by_key: bool) -> None:
    page.goto("/cart")
    page.get_by_role("searchbox").press_sequentially("tool-4")
    expect(page.locator("#found")).to_contain_text("The tool-4")
    if by_key:
        page.keyboard.press("Escape")
    else:
        page.locator("h1").click()
    expect(page.locator("#found")).to_be_empty()


def test_an_item_is_rated_where_it_stands(page: Page) -> None:
    page.goto("/")
    item = page.locator('[data-item="tea-1"]').first
    item.get_by_text("Why this?").click()
    item.get_by_role("button", name="4 of 5 stars").click()
    expect(page.locator("#known")).to_contain_text("Rated 4 ★")


def test_search_suggests_while_typing(page: Page) -> None:
    page.goto("/")
    page.get_by_role("searchbox").press_sequentially("tool-4")
    page.get_by_role("link", name="The tool-4").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The tool-4")


def test_a_dead_picture_becomes_a_drawn_one(page: Page) -> None:
    page.goto("/")
    image = page.locator("img.image").first
    image.evaluate("element => { element.src = 'data:image/png;base64,AAAA'; }")
    expect(image).to_have_attribute("src", re.compile(r"^/picture\.svg"))
    page.wait_for_function("element => element.naturalWidth > 0", arg=image.element_handle())


def test_hostile_names_run_nothing(page: Page) -> None:
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    page.goto("/category?q=script")
    expect(page.get_by_text(HOSTILE_NAME).first).to_be_visible()
    assert dialogs == []


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(browser: Browser, demo: str, path: str, theme: str) -> None:
    context = browser.new_context(base_url=demo, color_scheme="dark" if theme == "dark" else "light")
    context.add_init_script("localStorage.setItem('aisle-tour', 'taken')")
    page = context.new_page()
    page.goto(path)
    found = Axe().run(page).response["violations"]
    context.close()
    serious = [
        (problem["id"], problem["nodes"][0]["html"])
        for problem in found
        if problem["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_a_phone_shows_everything_without_moving_sideways(browser: Browser, demo: str) -> None:
    context = browser.new_context(base_url=demo, viewport={"width": 390, "height": 844})
    context.add_init_script("localStorage.setItem('aisle-tour', 'taken')")
    page = context.new_page()
    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.goto("/")
    assert page.evaluate("document.documentElement.scrollHeight") <= 2500
    page.goto("/category")
    expect(page.locator("[data-item]").first).to_be_in_viewport()
    page.get_by_text("Filters and order").click()
    expect(page.get_by_role("combobox", name="Order")).to_be_visible()
    context.close()


def test_the_page_is_light_and_does_not_jump(browser: Browser, demo: str) -> None:
    context = browser.new_context(base_url=demo)
    context.add_init_script("localStorage.setItem('aisle-tour', 'taken')")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/", wait_until="networkidle")
    moved = page.evaluate(
        """new Promise(done => {
            let sum = 0;
            new PerformanceObserver(list => list.getEntries().forEach(entry => { sum += entry.value; }))
                .observe({type: "layout-shift", buffered: true});
            setTimeout(() => done(sum), 300);
        })"""
    )
    context.close()
    assert sum(sizes) <= 250_000
    assert moved < 0.1


def test_without_scripts_the_shop_still_works(browser: Browser, demo: str) -> None:
    context = browser.new_context(base_url=demo, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator('[data-item="tea-1"]').first.get_by_role("button", name=re.compile("Add to cart")).click()
    expect(page.locator(".count")).to_contain_text("1")
    page.goto("/cart")
    expect(page.get_by_text("The tea-1").first).to_be_visible()
    context.close()


def test_the_tour_is_given_once_and_by_keyboard(browser: Browser, demo: str) -> None:
    context = browser.new_context(base_url=demo)
    page = context.new_page()
    page.goto("/")
    tour = page.get_by_role("dialog")
    expect(tour).to_be_visible()
    for _ in range(6):
        page.get_by_role("button", name="Next").press("Enter")
    expect(tour).not_to_be_visible()
    page.reload()
    expect(tour).not_to_be_visible()
    context.close()
