"""What Prometheus reads, of one process and of several."""

import http.client
import re
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from aisle.app.serve import Live
from aisle.storage.shelves import drift
from aisle.storage.shelves.drift import DriftRow
from aisle.web import metrics
from aisle.web.app import create_app
from tests.web.clients import client_of
from tests.web.serving import serving

CALLS = 20


def values(text: str) -> dict[str, float]:
    """Return the value of each series, written as `name{label=value,…}`."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {f"{s.name}{{{','.join(f'{k}={v}' for k, v in sorted(s.labels.items()))}}}": s.value for s in samples}


def test_requests_shelves_and_events_are_counted(live: Live) -> None:
    client = client_of(create_app(live))
    before = values(client.get("/metrics").text)
    client.get("/api/bestsellers?n=3")
    client.get("/api/recommendations?user_id=nobody")
    client.post("/api/events", json={"event": "view_item", "user_id": "anna", "item_id": "tea-1"})
    after = values(client.get("/metrics").text)

    def grown(series: str) -> float:
        return after.get(series, 0.0) - before.get(series, 0.0)

    assert grown("aisle_request_seconds_count{method=GET,route=/api/bestsellers,status=200}") == 1
    assert grown("aisle_shelf_seconds_count{placement=bestsellers}") == 1
    assert grown("aisle_shelf_fallbacks_total{fallback=popular,placement=recommended-for-you}") == 1
    assert grown("aisle_event_lag_seconds_count{}") == 1
    assert after["aisle_model_version{}"] == 1
    assert after["aisle_model_age_seconds{}"] > 0


def test_a_shelf_without_items_is_counted(live: Live) -> None:
    client = client_of(create_app(live))
    client.get("/api/bestsellers?category=nowhere")
    assert values(client.get("/metrics").text)["aisle_shelf_empty_total{placement=bestsellers}"] >= 1


def test_queues_are_measured(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "GAUGE_SECONDS", 0.01)
    live.impressions.shed = 7
    stopped = threading.Event()
    metrics.watch_queues(live, stopped)
    client, deadline = client_of(create_app(live)), time.monotonic() + 60
    while values(client.get("/metrics").text)["aisle_impressions_shed{}"] != 7:
        assert time.monotonic() < deadline
    stopped.set()


def test_workers_count_together(folder: Path) -> None:
    """Each call has a connection of its own, so that both workers get some; whoever answers last knows of all."""
    with serving(folder, workers=2) as (_, address):
        for _ in range(CALLS):
            assert _get(address, "/api/bestsellers")
        counted = values(_get(address, "/metrics"))
    assert counted["aisle_request_seconds_count{method=GET,route=/api/bestsellers,status=200}"] == CALLS
    assert counted["aisle_shelf_seconds_count{placement=bestsellers}"] == CALLS
    assert counted["aisle_model_version{}"] == 1


def _get(address: str, path: str) -> str:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=120)
    connection.request("GET", path)
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_the_newest_drift_is_shown(live: Live) -> None:
    drift.replace(live.db, 1, [DriftRow(1, "event mix", 0.3, 0.25, beyond=True, says="it has")])
    shown = values(client_of(create_app(live)).get("/metrics").text)
    assert (shown["aisle_drift{what=event mix}"], shown["aisle_drift_bound{what=event mix}"]) == (0.3, 0.25)


def test_the_dashboard_asks_for_metrics_that_there_are(live: Live) -> None:
    client = client_of(create_app(live))
    client.get("/api/recommendations?user_id=nobody")
    client.get("/api/bestsellers?category=nowhere")
    client.post("/api/events", json={"event": "view_item", "user_id": "anna", "item_id": "tea-1"})
    drift.replace(live.db, 1, [DriftRow(1, "event mix", 0.3, 0.25, beyond=True, says="it has")])
    told = {line.split(" ")[2] for line in client.get("/metrics").text.splitlines() if line.startswith("# TYPE ")}
    board = msgspec.json.decode((Path(__file__).parents[2] / "deploy" / "grafana" / "aisle.json").read_bytes())
    asked = {
        name.removesuffix("_bucket").removesuffix("_count")
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"aisle_\w+", target["expr"])
    }
    assert len(asked) > 8
    assert asked - told == set()
