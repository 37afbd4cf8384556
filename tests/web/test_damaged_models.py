"""The server's pages where the files of all models are damaged: with bestsellers, and without even these."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.storage.tables import events
from aisle.web.app import create_app
from tests.small_shop import TEAS
from tests.web.clients import client_of

PAGES = (
    "/", f"/item?item_id={TEAS[0]}", "/category", "/search?q=tea", "/cart", "/orders", "/wishlist",
    "/api/health", "/api/items?q=tea&user_id=user-0", "/metrics",
    "/console/overview", "/console/models", "/console/explore?q=tea", "/console/explore/shopper?user_id=user-0",
    f"/console/explore/item?item_id={TEAS[0]}", "/console/merchandising", "/console/catalogue", "/console/events",
    "/console/segments", "/console/insights", "/console/experiments",
)  # fmt: skip


@pytest.fixture
def damaged(folder: Path) -> Path:
    for array in (folder / "models" / "000001").glob("*.npy"):
        array.write_bytes(array.read_bytes()[:-1])
    return folder


@pytest.fixture
def damaged_client(damaged: Path, tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "copies").mkdir()
    with Live(Settings.read(damaged), tmp_path / "copies") as live:
        live.model_watch.follow()
        yield client_of(create_app(live))


@pytest.fixture
def useless_client(damaged: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A client of a server without any model: there are no events to count."""
    with Shop.open(damaged) as shop, shop.db.write() as connection:
        connection.execute(delete(events))
    (tmp_path / "copies").mkdir()
    with Live(Settings.read(damaged), tmp_path / "copies") as live:
        live.model_watch.follow()
        yield client_of(create_app(live))


@pytest.mark.parametrize("page", PAGES)
def test_pages_live_with_bestsellers_alone(damaged_client: TestClient, page: str) -> None:
    assert damaged_client.get(page).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_pages_live_without_a_model_that_can_be_used(useless_client: TestClient, page: str) -> None:
    assert useless_client.get(page).status_code == 200


def test_the_panel_names_no_model(damaged_client: TestClient) -> None:
    assert "bestsellers alone in" in damaged_client.get("/").text


def test_shelves_are_refused_with_a_sentence_and_no_path(useless_client: TestClient) -> None:
    for path in ("/api/recommendations?user_id=user-0", "/api/bestsellers", "/health/ready"):
        answer = useless_client.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["detail"] == "no model can be used now; the server's log says why"


def test_a_shopper_cannot_ask_why_of_bestsellers(damaged_client: TestClient) -> None:
    answer = damaged_client.get(f"/why?user_id=user-0&item_id={TEAS[0]}", headers={"Accept": "application/json"})
    assert answer.status_code == 503
    assert "all models are damaged; run aisle train" in answer.text
