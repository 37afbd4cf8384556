"""The small shop as a demo, where deeds are events, and as a real shop, where they are only tried."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.web.app import create_app
from tests.web.clients import client_of


@pytest.fixture
def demo(folder: Path) -> Iterator[Live]:
    settings = Settings.read(folder, shop={"name": "Leaf & Hammer", "simulated": True})
    with Live(settings) as live:
        yield live


@pytest.fixture
def demo_client(demo: Live) -> TestClient:
    return client_of(create_app(demo))
