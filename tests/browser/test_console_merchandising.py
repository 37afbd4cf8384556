"""A merchandiser drags a card, sees what it does, publishes, sees it in the storefront and takes it back."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

SHELF = "/console/merchandising?placement=recommended-for-you"


def first(page: Page) -> str:
    return page.locator(".place-name").first.inner_text()


def test_a_card_is_dragged_tried_published_seen_and_taken_back(page: Page) -> None:
    page.goto(SHELF)
    before, dragged = first(page), page.locator(".place-name").nth(3).inner_text()
    page.locator(".place").nth(3).drag_to(page.locator(".place").nth(0))
    expect(page.locator(".place-name").first).to_have_text(dragged)
    expect(page.locator(".preview")).to_contain_text("of shelves change, of")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status").first).to_contain_text("is published")
    expect(page.locator("#history")).to_contain_text("in force")
    page.goto("/")
    expect(page.locator("#on-recommended-for-you .name").first).to_have_text(dragged)
    page.goto(SHELF)
    assert first(page) == dragged
    page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(page.locator(".place-name").first).to_have_text(before)


def test_it_works_by_keyboard_and_without_scripts(browser: Browser, demo: str) -> None:
    context = browser.new_context(base_url=demo, java_script_enabled=False)
    page = context.new_page()
    page.goto(SHELF)
    second = page.locator(".place-name").nth(1).inner_text()
    page.get_by_role("button", name=f"Pin {second}", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".place-name").first).to_have_text(second)
    page.get_by_role("link", name="What would it do?").click()
    expect(page.locator(".preview")).to_contain_text("of shelves change, of")
    page.get_by_role("button", name="Throw the draft away").click()
    expect(page.locator("#draft")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_from_using_it(browser: Browser, demo: str, theme: str) -> None:
    context = browser.new_context(base_url=demo, color_scheme="dark" if theme == "dark" else "light")
    page = context.new_page()
    page.goto(SHELF)
    page.get_by_role("button", name=re.compile("^Boost")).first.click()
    expect(page.locator(".preview")).to_contain_text("of shelves change, of")
    found = Axe().run(page).response["violations"]
    assert [problem["id"] for problem in found if problem["impact"] in ("serious", "critical")] == []
    page.get_by_role("button", name="Throw the draft away").click()
    context.close()
