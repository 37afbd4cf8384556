"""Visits are read from the shelves that were shown and what was clicked on them."""

from aisle.app.data.tables import read_shown
from aisle.app.serve import Live
from aisle.app.training.patience import visits, with_patience
from aisle.shop import moments
from aisle.shop.moments import DAY, MINUTE
from aisle.storage.log import events
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import Impression, ServedItem
from tests.storage.samples import row


def test_shelves_of_one_visit_are_one(live: Live) -> None:
    now = moments.now()
    items = (ServedItem("tea-1", 1, 1.0, 1.0), ServedItem("tea-2", 2, 1.0, 1.0))
    of_main = "recommended-for-you", "personal", None, 1, items
    ages = {"a": 2 * DAY, "b": 2 * DAY - 5 * MINUTE, "c": DAY}
    impressions.add(live.db, [Impression(name, now - age, "user-0", None, *of_main) for name, age in ages.items()])
    told = {"event_id": "e", "event": "select_item", "item_id": "tea-2", "recommendation_id": "b"}
    events.store(live.db, [row("events", **told, timestamp=now)])
    found = visits(read_shown(live.db))
    assert found.pair.tolist() == [0, 0, 1, 1]
    assert found.clicked.tolist() == [False, False, True, False]
    assert found.timestamp.tolist() == [now - 2 * DAY, now - DAY] * 2


def test_without_shelves_nothing_is_learnt(live: Live) -> None:
    shown = read_shown(live.db)
    assert len(visits(shown).pair) == 0
    assert with_patience(shown, {}) == {}
