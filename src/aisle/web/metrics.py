"""What Prometheus reads: counts and times of requests, shelves and events, and how full the queues are.

With several workers each counts in a file of its own, in the folder that the variable PROMETHEUS_MULTIPROC_DIR names
before this module is imported; whoever is asked adds them up.
"""

import os
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from aisle.app.serve import Live
from aisle.app.serving.shelf import Shelf
from aisle.shop.errors import AisleError
from aisle.shop.moments import SECOND, now
from aisle.storage.shelves import drift

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which the library's processes find each other."""

GAUGE_SECONDS: Final = 1.0
"""How often a worker notes how full its queues are."""

_FAST: Final = (0.001, 0.002, 0.004, 0.008, 0.015, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)

_requests: Final = Histogram(
    "aisle_request_seconds", "How long answers took.", ("method", "route", "status"), buckets=_FAST
)
_shelves: Final = Histogram("aisle_shelf_seconds", "How long shelves took to fill.", ("placement",), buckets=_FAST)
_fallbacks: Final = Counter("aisle_shelf_fallbacks", "Shelves that a fallback filled.", ("placement", "fallback"))
_rehearsed: Final = Counter(
    "aisle_fallback_rehearsals", "Shelves that were also filled as if the database were away, unseen.", ("outcome",)
)
_empty: Final = Counter("aisle_shelf_empty", "Shelves without an item.", ("placement",))
_holdouts: Final = Counter("aisle_shelf_holdout", "Shelves that an experiment keeps empty on purpose.", ("placement",))
_lag: Final = Histogram(
    "aisle_event_lag_seconds", "How long events took from their arrival until they were durable.", buckets=_FAST
)
_queues: Final = Gauge("aisle_queue_depth", "What waits to be stored.", ("queue",), multiprocess_mode="livesum")
_shed: Final = Gauge("aisle_impressions_shed", "Impressions that were not stored.", multiprocess_mode="sum")


def note_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answer."""
    _answers(method, route, status).observe(seconds)


@lru_cache(maxsize=1024)
def _answers(method: str, route: str, status: int) -> Histogram:
    return _requests.labels(method, route, str(status))


def note_shelf(shelf: Shelf, seconds: float) -> None:
    """Count a shelf that was served."""
    _shelves.labels(shelf.placement).observe(seconds)
    if shelf.holdout:
        _holdouts.labels(shelf.placement).inc()
        return
    if shelf.fallback is not None:
        _fallbacks.labels(shelf.placement, shelf.fallback).inc()
    if not shelf.items:
        _empty.labels(shelf.placement).inc()


def note_rehearsal(outcome: str) -> None:
    """Count a shelf that was filled as if the database were away: `filled`, `empty` or `failed`."""
    _rehearsed.labels(outcome).inc()


def note_events(seconds: float) -> None:
    """Count a request's events, which were durable so many seconds after they arrived."""
    _lag.observe(seconds)


def watch_queues(live: Live, stopped: threading.Event) -> None:
    """Note how full a worker's queues are, until it stops."""

    def watch() -> None:
        while not stopped.wait(GAUGE_SECONDS):
            _queues.labels("events").set(live.writer.waiting)
            _queues.labels("impressions").set(live.impressions.waiting)
            _shed.set(live.impressions.shed)

    threading.Thread(target=watch, name="aisle-queue-metrics", daemon=True).start()


def forget(pid: int | None) -> None:
    """Forget what a worker that ended said of its queues."""
    if FOLDER in os.environ and pid is not None:
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]


class _Models(Collector):
    """What is known of the live model at the moment of asking; all workers serve the same one."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def collect(self) -> Iterator[Metric]:
        """Yield its version and the age of its data."""
        try:
            model = self._live.model_watch.current()
        except AisleError:
            return
        age = (now() - model.data_end) / SECOND
        yield GaugeMetricFamily("aisle_model_age_seconds", "How old the newest event is that it learnt from.", age)
        yield GaugeMetricFamily("aisle_model_version", "The version of the live model.", model.version)


class _Drifts(Collector):
    """How far things had drifted when that was last looked at."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def collect(self) -> Iterator[Metric]:
        """Yield the values, and from which on they matter; nothing while the database is away."""
        try:
            rows = drift.newest(self._live.db)
        except AisleError:
            return
        values = GaugeMetricFamily("aisle_drift", "How far it has drifted from the weeks before.", labels=("what",))
        bounds = GaugeMetricFamily("aisle_drift_bound", "From which value on that matters.", labels=("what",))
        for row in rows:
            values.add_metric([row.what], row.value)
            bounds.add_metric([row.what], row.bound)
        yield values
        yield bounds


class Metrics:
    """The route that Prometheus calls."""

    def __init__(self, live: Live) -> None:
        self._collectors: tuple[Collector, ...] = (_Models(live), _Drifts(live))

    def answer(self, _request: Request) -> Response:
        """Answer with everything that is counted."""
        registry = CollectorRegistry()
        for collector in self._collectors:
            registry.register(collector)
        if FOLDER in os.environ:
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            text = generate_latest(registry)
        else:
            text = generate_latest(registry) + generate_latest(REGISTRY)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def count_together(folder: Path) -> None:
    """Let the processes that are started from now on count together, in a folder."""
    folder.mkdir()
    os.environ[FOLDER] = str(folder)
