"""Logging in and out with a real browser: by keyboard, without scripts, in both colours."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PASSWORD


@pytest.mark.parametrize("scripts", [True, False])
def test_a_person_logs_in_by_keyboard_and_out_again(browser: Browser, team_shop: str, scripts: bool) -> None:
    context = browser.new_context(base_url=team_shop, java_script_enabled=scripts)
    page = context.new_page()
    page.goto("/item?item_id=tea-1")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    expect(page.get_by_label("Name")).to_have_value("anna")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The tea-1", level=1)).to_be_visible()
    page.get_by_role("button", name="Add to cart", exact=True).click()
    expect(page.locator("#in-cart .count")).to_contain_text("1")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="You are logged out")).to_be_visible()
    page.goto("/cart")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_nothing_keeps_anybody_from_logging_in(browser: Browser, team_shop: str, path: str, theme: str) -> None:
    context = browser.new_context(base_url=team_shop, color_scheme="dark" if theme == "dark" else "light")
    page = context.new_page()
    page.goto(path)
    found = Axe().run(page).response["violations"]
    assert [problem["id"] for problem in found] == []
    context.close()
