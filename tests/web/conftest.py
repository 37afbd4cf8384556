"""The small shop behind its web application."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.web.app import create_app
from tests.web.clients import client_of


@pytest.fixture
def shop(folder: Path) -> Iterator[Shop]:
    """The small shop with what seals the secrets that sign users and e-mails."""
    settings = Settings.read(folder, serve={"sealing_key": SecretStr("k" * 32)})
    with Shop(settings) as shop:
        yield shop


@pytest.fixture
def secret(shop: Shop) -> str:
    """A secret of that shop."""
    return shop.create_secret()


@pytest.fixture
def client(live: Live) -> TestClient:
    return client_of(create_app(live))


@pytest.fixture
def untrained_client(untrained_folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    with Live(Settings.read(shutil.copytree(untrained_folder, tmp_path / "untrained"))) as live:
        yield client_of(create_app(live))
