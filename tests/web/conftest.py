"""The small shop behind its web application."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.web.app import create_app


@pytest.fixture
def client(live: Live) -> TestClient:
    return TestClient(create_app(live), raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def untrained_client(untrained_folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    with Live(Settings.read(shutil.copytree(untrained_folder, tmp_path / "untrained"))) as live:
        yield TestClient(create_app(live), raise_server_exceptions=False)
