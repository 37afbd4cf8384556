"""How far things had drifted, and what it is computed from, on every database."""

from aisle.storage.connection import Database
from aisle.storage.log import events
from aisle.storage.shelves import day_log, drift, impressions
from aisle.storage.shelves.drift import DriftRow
from aisle.storage.shelves.impressions import Impression, ServedItem
from tests.storage import samples


def test_the_newest_day_is_what_counts(db: Database) -> None:
    old, new = (DriftRow(day, "scores", day / 10, 0.25, day > 1, "it's so") for day in (1, 2))
    assert drift.newest(db) == []
    drift.replace(db, 2, [new])
    drift.replace(db, 1, [old])
    assert drift.newest(db) == [new]
    drift.replace(db, 2, [])
    assert drift.newest(db) == [old]


def test_the_mix_of_events(db: Database) -> None:
    kinds = ["view_item", "purchase", "view_item", "refund"]
    events.store(db, [samples.event(number, event=kind) for number, kind in enumerate(kinds)])
    assert day_log.mix(db, samples.START, samples.START + 3) == {"view_item": 2, "purchase": 1}


def test_the_scores_of_the_newest_shelves(db: Database) -> None:
    def shelf(number: int, version: int | None = 3, fallback: str | None = None) -> Impression:
        places = (ServedItem("a", 1, float(number), 1.0), ServedItem("b", 2, None, 1.0))
        return Impression(f"r{number}", number, "u", None, "home", "personal", fallback, version, places)

    impressions.add(db, [shelf(1), shelf(2), shelf(3, version=4), shelf(4, fallback="popular"), shelf(5), shelf(6)])
    assert impressions.scores(db, "home", 3, 1, 6, most=2) == [5.0, 2.0]
    assert impressions.scores(db, "cart", 3, 1, 6, most=2) == []
