"""A shop with a person of each role, and their browsers."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.shop.access import Role
from aisle.shop.passwords import Cost, hash_password
from aisle.storage.access import team
from aisle.web.app import create_app
from tests.web.clients import client_of, send_form

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def staffed(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The small shop with vera, a viewer, mia, a merchandiser, and ada, an admin."""
    folder = shutil.copytree(trained_folder, tmp_path_factory.mktemp("console") / "staffed")
    stored = hash_password(PASSWORD, Cost(2, 1, 1))
    with Live(Settings.read(folder)) as live:
        for name, role in (("vera", Role.VIEWER), ("mia", Role.MERCHANDISER), ("ada", Role.ADMIN)):
            team.add(live.db, name, role, stored)
    with Live(Settings.read(folder)) as live:
        yield live


@pytest.fixture
def browser_of(staffed: Live) -> Callable[[str], TestClient]:
    """Return the browser of somebody who is logged in."""

    def logged_in(name: str) -> TestClient:
        client = client_of(create_app(staffed))
        client.headers["accept"] = "text/html"
        assert send_form(client, "/login", {"name": name, "password": PASSWORD}).status_code == 303
        return client

    return logged_in
