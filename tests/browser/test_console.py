"""The console in Chromium: roles, filters and Back, charts, forms that outlive a session, and both colours."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aisle.app.data.day_counts import count_days
from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.shop.access import Role
from aisle.shop.passwords import Cost, hash_password
from aisle.shop.rejects import Reject
from aisle.storage.access import team, team_sessions
from aisle.storage.log import rejects
from aisle.storage.work import jobs
from aisle.web.console.pages import PAGES
from tests.browser.conftest import PASSWORD, _served


@pytest.fixture(scope="module")
def live(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The small shop with ada, an admin, whose days are counted."""
    folder = shutil.copytree(trained_folder, tmp_path_factory.mktemp("console") / "shop")
    with Live(Settings.read(folder)) as live:
        team.add(live.db, "ada", Role.ADMIN, hash_password(PASSWORD, Cost(2, 1, 1)))
        rejects.add(live.db, [Reject("a.csv", 1, "events", "no date", "{}")])
        count_days(live.db)
    with Live(Settings.read(folder)) as live:
        yield live


@pytest.fixture(scope="module")
def address(live: Live) -> Iterator[str]:
    with _served(live) as url:
        yield url


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    yield context
    context.close()
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of ada's, who is logged in; an error in its console fails the test."""
    page, problems = context.new_page(), list[str]()
    page.goto("/console")
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield page
    assert [problem for problem in problems if "401" not in problem] == []


def test_every_page_opens_and_keeps_nobody_out_in_either_colour(page: Page) -> None:
    for one in PAGES:
        page.get_by_role("navigation", name="Console").get_by_role("link", name=one.LINK.title, exact=True).click()
        expect(page.locator('nav [aria-current="page"]')).to_have_text(one.LINK.title)
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme; }", theme)
            found = Axe().run(page).response["violations"]
            serious = [
                (each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")
            ]
            assert serious == [], (one.LINK.title, theme)


def test_a_click_on_a_row_filters_the_page_and_back_works(page: Page) -> None:
    page.goto("/console/insights")
    figure = page.locator("#categories")
    figure.locator(".drawing svg").wait_for()
    figure.get_by_text("The figures").click()
    figure.locator("tbody tr", has_text="Tea").locator("td").last.click()
    expect(page.get_by_role("link", name="Category: Tea")).to_be_visible()
    assert page.url.endswith("/console/insights?category=Tea")
    page.get_by_role("link", name="90 days").click()
    assert page.url.endswith("category=Tea&period=90")
    expect(page.locator(".chip")).to_have_count(2)
    page.go_back()
    expect(page.locator(".chip")).to_have_count(1)
    page.get_by_role("link", name="Category: Tea").click()
    expect(page.locator(".chip")).to_have_count(0)


def test_a_click_on_a_bar_filters_the_page(page: Page) -> None:
    page.goto("/console/insights")
    page.locator("#categories .mark-rect path").first.click()
    expect(page.locator(".chip")).to_contain_text("Category: T")


def test_a_filter_is_typed_and_sent_by_keyboard(page: Page) -> None:
    page.goto("/console/catalogue")
    page.get_by_label("Search").fill("tool")
    page.keyboard.press("Enter")
    expect(page.get_by_text("9 items.", exact=True)).to_be_visible()
    page.get_by_label("Order").select_option("title")
    expect(page.locator(".chip")).to_have_count(2)


def test_a_segment_is_made_by_keyboard_and_filters_other_pages(page: Page) -> None:
    page.goto("/console/segments")
    page.get_by_label("Name").fill("tea <b>")
    page.locator("select[name=did]").select_option("purchase")
    page.get_by_label("items of the category").fill("Tea")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("tea <b>: 20 shoppers")
    for path, said in {
        "catalogue": "only for the 20 members of tea <b>",
        "events": "Renewed every three seconds",
        "models": "How they rank for tea <b>",
    }.items():
        page.goto(f"/console/{path}")
        page.locator("select[name=segment]").select_option("tea <b>")
        expect(page.get_by_role("link", name="Segment: tea <b>")).to_be_visible()
        expect(page.get_by_text(said)).to_be_visible()
        serious = [
            one["id"] for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")
        ]
        assert serious == [], path
        page.get_by_role("link", name="Segment: tea <b>").click()
        expect(page.locator(".chip")).to_have_count(0)


def test_the_tail_goes_on_by_itself_until_it_is_paused(page: Page, live: Live) -> None:
    page.goto("/console/events")
    with page.expect_response("**/console/events/tail*"):
        pass
    page.get_by_role("link", name="Pause").click()
    expect(page.get_by_text("Paused.")).to_be_visible()


def test_a_form_that_outlives_its_session_loses_nothing(page: Page, live: Live) -> None:
    page.goto("/console/overview")
    team_sessions_end(live)
    page.get_by_role("button", name="Back up now").click()
    expect(page.get_by_text("nothing is lost")).to_be_visible()
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing is lost")).to_be_visible()
    expect(page.get_by_text("backup")).to_be_visible()
    assert [job for job in jobs.list_(live.db, 9) if job.kind == "backup"] == []
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("status")).to_contain_text("is asked for: back up every table")
    assert [job.asked_by for job in jobs.list_(live.db, 9) if job.kind == "backup"] == ["ada"]


def team_sessions_end(live: Live) -> None:
    """End every session, as the clock does."""
    with live.db.write() as connection:
        team_sessions.end_all(connection, "ada")
