"""A clock that jumps while the server runs: shelves and events go on, whatever year it says."""

import time
from pathlib import Path

import pytest

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.models import registry
from aisle.web.app import create_app
from tests.faults.damage import two_models
from tests.web.clients import client_of

YEAR_NS = 365 * 24 * 3600 * 10**9
DAY_NS = YEAR_NS // 365


@pytest.mark.parametrize("jump", [-10 * YEAR_NS, -DAY_NS, DAY_NS, 10 * YEAR_NS])
def test_shelves_and_events_survive_a_jump_and_the_way_back(
    live: Live, monkeypatch: pytest.MonkeyPatch, jump: int
) -> None:
    client, real = client_of(create_app(live)), time.time_ns
    for offset in (0, jump, 0):
        monkeypatch.setattr(time, "time_ns", lambda offset=offset: real() + offset)
        clicked = client.post("/api/events", json={"event": "view_item", "user_id": "user-0", "item_id": "tea-1"})
        assert clicked.json()["stored"] == 1
        for path in (
            "/api/recommendations?user_id=user-0",
            "/api/recommendations?user_id=user-0&placement=recently-viewed",
            "/api/recommendations?user_id=user-0&placement=buy-it-again",
            "/api/recommendations?user_id=user-0&offset=0&n=2",
            "/api/trending",
            "/api/similar?item_id=tea-1",
        ):
            answer = client.get(path)
            assert answer.status_code == 200, answer.text
            assert answer.json()["items"], path


def test_a_model_that_is_promoted_after_the_clock_was_put_back_is_followed(
    trained_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.read(two_models(tmp_path / "shop", trained_folder))
    real = time.time_ns
    with Live(settings) as live:
        for offset, version in ((0, 2), (-YEAR_NS, 1), (YEAR_NS, 2)):
            monkeypatch.setattr(time, "time_ns", lambda offset=offset: real() + offset)
            registry.promote(live.db, settings.bundles, version)
            live.model_watch.refresh()
            assert live.model_version() == version
        assert registry.rollback(live.db, settings.bundles).version == 1
