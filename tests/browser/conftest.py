"""The system's Chromium, and shops that it opens over real sockets."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.shop.access import Role
from aisle.shop.passwords import hash_password
from aisle.storage.access import team
from aisle.web.app import create_app
from aisle.web.server import listen

CHROMIUM: Final = shutil.which("chromium")
PASSWORD: Final = "correct horse battery"

expect.set_options(timeout=60_000)  # the machine of the tests may be busy


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, until the last test of a file: while Playwright runs, no test can run an event loop of its own."""
    if CHROMIUM is None and os.environ.get("AISLE_TEST_REQUIRE_ALL") == "1":
        pytest.fail("chromium is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the small shop as a demo; the tests share it, each as a new visitor. Yields its address."""
    folder = shutil.copytree(trained_folder, tmp_path_factory.mktemp("browser") / "demo")
    with Live(Settings.read(folder, shop={"name": "Leaf & Hammer", "simulated": True})) as live, _served(live) as url:
        yield url


@pytest.fixture(scope="session")
def team_shop(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the small shop as a real one with a person, Anna. Yields its address."""
    folder = shutil.copytree(trained_folder, tmp_path_factory.mktemp("browser") / "team")
    with Live(Settings.read(folder)) as live:
        team.add(live.db, "anna", Role.VIEWER, hash_password(PASSWORD))
    with Live(Settings.read(folder)) as live, _served(live) as url:
        yield url


@contextmanager
def _served(live: Live) -> Iterator[str]:
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app(live), lifespan="off", log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def context(browser: Browser, demo: str) -> Iterator[BrowserContext]:
    """A new visitor, who has taken the tour; a request to any other host fails the test."""
    context = browser.new_context(base_url=demo, viewport={"width": 1280, "height": 900})
    context.add_init_script("localStorage.setItem('aisle-tour', 'taken')")
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    yield context
    context.close()
    assert [url for url in asked if not url.startswith((demo, "data:"))] == []


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of the visitor; an error in its console fails the test."""
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    assert problems == []
