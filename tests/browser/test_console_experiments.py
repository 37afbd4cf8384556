"""The life of an experiment in a real browser: declared, checked, started, seen by visitors, reported and stopped."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.client import Client
from aisle.shop.access import Role, Scope
from aisle.shop.passwords import Cost, hash_password
from aisle.storage.access import keys, team
from tests.browser.conftest import PASSWORD, _served
from tests.experiments.visits import visit

VISITORS = 240


@pytest.fixture(scope="module")
def folder(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small shop of Mia, a merchandiser, with an experiment that has run for two weeks: one variant sells more."""
    folder: Path = shutil.copytree(trained_folder, tmp_path_factory.mktemp("browser") / "experiments")
    with Live(Settings.read(folder)) as live:
        team.add(live.db, "mia", Role.MERCHANDISER, hash_password(PASSWORD, Cost(2, 1, 1)))
    with Shop(Settings.read(folder)) as shop:
        variants = [{"name": "as-is"}, {"name": "trending", "settings": {"strategy": "trending"}}]
        shop.experiments.create({"name": "two-weeks", "placement": "bestsellers", "variants": variants})
        shop.experiments.start("two-weeks", anyway=True)
        visit(shop, "two-weeks", days=14, number=3_000, growth=1.5, item_id="tea-0")
    return folder


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[str]:
    """Serve it. Yields its address."""
    with Live(Settings.read(folder)) as live, _served(live) as url:
        yield url


@pytest.fixture(scope="module")
def key(folder: Path) -> str:
    """With which the shop's own server asks for shelves."""
    with Shop(Settings.read(folder)) as shop:
        return keys.add(shop.db, Scope.SERVER)


def accessible(page: Page) -> None:
    """Look for what would hinder somebody, in light and in dark."""
    for scheme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme; }", scheme)
        page.wait_for_timeout(250)  # until colours have faded over
        found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
        assert [(scheme, one["id"], one["nodes"][0]["html"]) for one in found] == []


def logged_in(browser: Browser, shop: str, **options: Any) -> Page:
    page = browser.new_context(base_url=shop, **options).new_page()
    page.goto("/login?next=/console/experiments")
    page.get_by_label("Name").fill("mia")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Experiments", exact=True)).to_be_visible()
    return page


def see_shelves(shop: str, key: str) -> set[str]:
    """Let visitors see their shelf, and a third of them click; return which variants they saw."""
    seen = set()
    with Client(shop, key) as client:
        clicks: list[dict[str, object]] = []
        for number in range(VISITORS):
            shelf = client.recommendations(user_id=f"visitor-{number}", n=4)
            seen.add(shelf.variant or "")
            if number % 3 == 0:
                about: dict[str, object] = {"user_id": f"visitor-{number}", "item_id": shelf.items[0].item_id}
                clicks.append({"event": "select_item", "recommendation_id": shelf.recommendation_id} | about)
        client.send_events(clicks)
    return seen


def test_an_experiment_is_declared_checked_started_seen_and_stopped_by_keyboard(
    browser: Browser, shop: str, key: str
) -> None:
    page = logged_in(browser, shop)
    page.get_by_label("Name").first.focus()
    page.keyboard.type("popular-home")
    first = page.get_by_role("group", name="Variant 1")
    first.get_by_label("Name").fill("popular")
    first.get_by_label("Strategy").select_option("bestsellers")
    page.get_by_text("More variants").focus()
    page.keyboard.press("Enter")
    second = page.get_by_role("group", name="Variant 2")
    second.get_by_label("Name").fill("fresh")
    second.get_by_label("Other settings").fill("colour = red")
    page.get_by_label("Ramp").fill("0.8, 1")
    page.get_by_role("button", name="Make a draft").focus()
    page.keyboard.press("Enter")

    # What cannot be is said, and what was typed stays.
    expect(page.get_by_role("alert")).to_contain_text("variant fresh")
    accessible(page)
    page.get_by_role("group", name="Variant 2").get_by_label("Other settings").fill("repeat_share = 0.2")
    page.get_by_label("Ramp").press("Enter")

    expect(page.get_by_text("popular-home is a draft, of version 1; nobody sees it yet.")).to_be_visible()
    checklist = page.locator(".concerns")
    for check in ("power", "traffic", "metrics", "assignment", "layer", "overlap"):
        expect(checklist.get_by_text(check, exact=True)).to_be_visible()
    expect(checklist).to_contain_text("Give it more days or traffic")
    accessible(page)
    page.get_by_role("button", name="Start anyway").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("popular-home runs, planned with")).to_be_visible()
    expect(page.get_by_text("now it reaches 80 %")).to_be_visible()

    labels = {f"popular-home.1:{variant}" for variant in ("as-is", "popular", "fresh")}
    for _ in range(30):
        page.wait_for_timeout(2_000)  # until every process knows it
        if (seen := see_shelves(shop, key)) != {""}:
            break
    # The ramp leaves out some of the visitors, and each of the others sees one of the variants.
    assert seen == labels | {""}

    report = page.get_by_role("region", name="The goal")
    for _ in range(60):
        page.goto("/console/experiments/report?name=popular-home")
        if report.locator("tbody tr").count() == 2:
            break
        page.wait_for_timeout(250)  # until the impressions are written
    expect(report.locator("tbody tr")).to_have_count(2)
    expect(page.locator(".decision")).to_contain_text("Wait until")
    accessible(page)
    page.get_by_label("Why").fill("we have seen enough")
    page.keyboard.press("Enter")
    expect(page.get_by_text("popular-home is stopped")).to_be_visible()
    expect(page.get_by_text("Stopped: we have seen enough")).to_be_visible()
    page.context.close()


def test_a_report_shows_intervals_over_time_and_colours_only_what_is_no_chance(browser: Browser, shop: str) -> None:
    page = logged_in(browser, shop)
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto("/console/experiments/report?name=two-weeks")
    expect(page.locator(".decision")).to_contain_text("Ship trending: the goal is reached.")
    goal = page.get_by_role("region", name="The goal")
    expect(goal.locator(".better")).to_contain_text("(better)")
    expect(goal.locator(".quiet").first).to_contain_text(" of ")
    expect(page.get_by_role("region", name="Guardrails").locator("tbody tr")).to_have_count(2)
    drawn = page.locator("figure.chart", has=page.locator("svg, canvas"))
    expect(drawn.filter(has_text="Changes")).to_have_count(1)
    expect(drawn.filter(has_text="Revenue per visitor of trending, as known from day to day")).to_have_count(1)
    accessible(page)
    page.context.close()
    assert problems == []


def test_an_experiment_is_declared_and_started_without_scripts(browser: Browser, shop: str) -> None:
    page = logged_in(browser, shop, java_script_enabled=False)
    page.get_by_label("Name").first.fill("no-scripts")
    page.get_by_role("combobox", name="Placement").select_option("trending")
    first = page.get_by_role("group", name="Variant 1")
    first.get_by_label("Name").fill("nothing")
    first.get_by_label("No shelf at all").check()
    page.get_by_role("button", name="Make a draft").click()
    expect(page.get_by_text("no shelf at all")).to_be_visible()
    page.get_by_role("button", name="Start anyway").click()
    expect(page.get_by_text("no-scripts runs")).to_be_visible()
    page.goto("/console/experiments")
    page.get_by_role("button", name="Stop all that run").click()
    expect(page.get_by_text("Stopped:")).to_be_visible()
    page.context.close()
