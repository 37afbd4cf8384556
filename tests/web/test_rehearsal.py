"""The shelf of an outage, filled now and then while there is none."""

import pytest

from aisle.app.serve import Live
from aisle.engine.request import ShelfRequest
from aisle.web.api import rehearsal
from aisle.web.app import create_app
from tests.web.clients import client_of
from tests.web.test_metrics import values


def test_a_shelf_as_if_the_database_were_away_shows_what_was_last_known(live: Live) -> None:
    assert live.recommend("user-0").fallback is None
    away = live.as_if_away()
    assert away.recommend("user-0").fallback == "last_known_profile"
    assert away.recommend("user-1").fallback == "popular_without_database"
    assert away.recommend(placement="bestsellers").fallback == "last_known_stock"
    assert live.recommend("user-0").fallback is None


def test_one_request_in_a_hundred_is_rehearsed_and_leaves_no_impression(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsed: list[ShelfRequest] = []
    monkeypatch.setattr(rehearsal._stage, "submit", lambda _, __, request: rehearsed.append(request))
    client = client_of(create_app(live))
    for _ in range(200):
        client.get("/api/recommendations?user_id=user-0&n=1")
    assert len(rehearsed) == 2
    noted: list[object] = []
    monkeypatch.setattr(live.impressions, "add", noted.append)
    rehearsal.rehearse(live, rehearsed[0])
    assert noted == []


def test_a_rehearsal_that_fails_is_counted_and_written_down(
    live: Live, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(create_app(live))
    series = "aisle_fallback_rehearsals_total{outcome=failed}"
    before = values(client.get("/metrics").text).get(series, 0.0)
    monkeypatch.setattr(Live, "shelf", lambda *_: 1 / 0)
    rehearsal.rehearse(live, ShelfRequest())
    assert values(client.get("/metrics").text)[series] == before + 1
    assert "recommended-for-you fails" in caplog.text
