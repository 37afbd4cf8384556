"""An admin's walk through the page of the models in a real browser: train, watch, promote, roll back, explore."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.app.work.worker import Worker
from aisle.shop.access import Role
from aisle.shop.passwords import hash_password
from aisle.storage.access import team
from tests.browser.conftest import PASSWORD, _served

NEVER = {"train_hour": "never", "count_minutes": 0, "refresh_minutes": 0, "backups": 0}


@pytest.fixture(scope="module")
def shop(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the small shop of Ada, its admin, with a worker beside it. Yields its address."""
    folder = shutil.copytree(trained_folder, tmp_path_factory.mktemp("browser") / "console")
    with Live(Settings.read(folder)) as live:
        team.add(live.db, "ada", Role.ADMIN, hash_password(PASSWORD))
    worker = Worker(Settings.read(folder, worker=NEVER))
    thread = threading.Thread(target=worker.run)
    thread.start()
    with Live(Settings.read(folder)) as live, _served(live) as url:
        yield url
    worker.stop()
    thread.join()


def accessible(page: Page) -> None:
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_a_model_is_trained_watched_promoted_and_rolled_back(browser: Browser, shop: str) -> None:
    context = browser.new_context(base_url=shop)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto("/login?next=/console/models")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Train now").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#training")).to_contain_text("read events")
    # The page loads itself again once the training is over.
    expect(page.get_by_role("link", name="2", exact=True)).to_be_visible()
    expect(page.locator("#training .status")).to_have_text("done")
    accessible(page)
    page.get_by_role("link", name="2", exact=True).click()
    expect(page.get_by_text("By placement")).to_be_visible()
    accessible(page)
    page.goto("/console/models")
    page.get_by_role("link", name="Promote model 1").click()
    page.get_by_role("button", name="Promote model 1").click()
    expect(page.get_by_text("Model 1 is live; every process follows")).to_be_visible()
    page.get_by_role("link", name="Roll back to model 2").click()
    page.get_by_role("button", name="Roll back to model 2").click()
    expect(page.get_by_text("Model 2 is live again")).to_be_visible()
    page.goto("/console/explore/shopper?user_id=user-0")
    accessible(page)
    page.get_by_label("Item", exact=True).fill("tool-1")
    page.keyboard.press("Enter")
    expect(page.locator(".way-steps li").last).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Back to the shopper").click()
    page.get_by_role("group", name="Second").get_by_label("Model").select_option("1")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("The first is model 2, the second model 1.")).to_be_visible()
    accessible(page)
    context.close()
    assert [url for url in asked if not url.startswith((shop, "data:"))] == []


def test_promotion_and_rollback_work_without_scripts(browser: Browser, shop: str) -> None:
    context = browser.new_context(base_url=shop, java_script_enabled=False)
    page = context.new_page()
    page.goto("/login?next=/console/models")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Promote model 1").click()
    page.get_by_role("button", name="Promote model 1").click()
    expect(page.get_by_text("Model 1 is live; every process follows")).to_be_visible()
    context.close()
