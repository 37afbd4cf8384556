from collections.abc import Iterator
from pathlib import Path

import pytest

from aisle.app.data.drift import drift
from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.shop.moments import DAY, HOUR
from aisle.storage.connection import Database, connect
from aisle.storage.log import events
from aisle.storage.shelves import days, impressions
from aisle.storage.shelves import drift as table
from aisle.storage.shelves.days import Counts
from aisle.storage.shelves.impressions import Impression, ServedItem
from aisle.storage.work import models
from tests.storage import samples

TODAY = samples.START - samples.START % DAY + 40 * DAY
NOON = TODAY + 12 * HOUR


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    make_shop(tmp_path / "shop")
    with connect(Settings.read(tmp_path / "shop").database_url) as database:
        yield database


def fill(db: Database, day: int, count: int, **values: object) -> None:
    first = (day + 100) * 10_000
    rows = (samples.event(first + number, timestamp=NOON + day * DAY, **values) for number in range(count))
    events.store(db, list(rows))


def test_events_that_change_their_mix_are_told_and_noted(db: Database) -> None:
    for day in (-30, -8):
        fill(db, day, 400)
    fill(db, -7, 300)
    fill(db, -1, 300, event="view_item")
    (mix,) = drift(db, moment=NOON)
    assert (mix.what, mix.beyond) == ("event mix", True)
    assert mix.says == "view_item makes 50.0% of the events of the last days, and made 0.0% of those before"
    assert [(row.day, row.what, row.value, row.beyond) for row in table.newest(db)] == [
        (TODAY, "event mix", mix.value, True)
    ]


def test_today_and_what_is_long_ago_are_left_out(db: Database) -> None:
    fill(db, -36, 600, event="view_item")
    fill(db, -20, 600)
    fill(db, -3, 600)
    fill(db, 0, 600, event="view_item")
    (mix,) = drift(db, moment=NOON)
    assert mix.value == 0


def test_too_little_to_compare_is_nothing(db: Database) -> None:
    fill(db, -3, 600)
    assert drift(db, moment=NOON) == []
    assert table.newest(db) == []


def test_the_live_models_scores_and_clicks(db: Database) -> None:
    version = models.add(db, recipe={}, metrics={}).version
    models.promote(db, version)
    for number, day in enumerate([-20] * 60 + [-2] * 60):
        places = tuple(ServedItem(f"i{place}", place, place / 10 + (day == -2), 1.0) for place in range(1, 11))
        shelf = Impression(
            f"r{number}", NOON + day * DAY, "u", None, "recommended-for-you", "personal", None, version, places
        )
        impressions.add(db, [shelf])
    for day in range(-22, -1):  # yesterday is counted anew
        moment = TODAY + day * DAY
        clicks = 500 if day < -8 else 300
        row = (moment, "home", "personal", version, "new", "", "", 1, 10_000, 10_000, clicks, *(0,) * 6)
        days.replace(db, moment, Counts([row], [], [(moment, "", *(0,) * 15)]), 0)
    found = {one.what: one for one in drift(db, moment=NOON)}
    assert found["scores"].beyond
    assert found["clicks"].value == pytest.approx(0.4)
