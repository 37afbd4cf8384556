"""A shop of which a part of the main shelf explores, and whose shoppers click by a known rule."""

import numpy as np

from aisle.app.serve import Live
from aisle.app.serving.placements import with_rules
from aisle.app.serving.recommendation_ids import RecommendationIds
from aisle.app.serving.shelf import impression_of
from aisle.engine.request import ShelfRequest
from aisle.shop import moments
from aisle.storage.log import events
from aisle.storage.shelves import impressions
from tests.storage.samples import row

MAIN = "recommended-for-you"
UNKNOWN = {"not_bought_within_days": 1000}
"""Shelves show what a shopper does not have: only that explores."""


class CountedIds(RecommendationIds):
    """Ids that are the same in every run: a shelf is drawn by its id."""

    made = 0

    def new(self) -> str:
        self.made += 1
        return f"shelf-{self.made:05d}"


def chance(item_id: str) -> float:
    """Return how probable a click on an item is, wherever it stands."""
    return 0.1 + 0.05 * (sum(item_id.encode()) % 10)


def fill(live: Live, rounds: int, explore: float) -> None:
    """Show every shopper some shelves, and store what they click."""
    random, now, number = np.random.default_rng(0), moments.now(), 0
    live.recommendation_ids = CountedIds(live.db, live.db)
    live.placements[MAIN] = with_rules(live.placements[MAIN], {"explore": explore, "explore_per_day": 1000} | UNKNOWN)
    served, clicks = [], []
    for user in (f"user-{number}" for number in range(40)):
        request = ShelfRequest(user_id=user, n=4, explore=True)
        for turn in range(rounds):
            shelf = live.shelf(request)
            served.append(impression_of(shelf, request, now - turn))
            for item in shelf.items:
                if random.random() < chance(item.item_id):
                    number += 1
                    told = {"event_id": f"c{number}", "event": "select_item", "item_id": item.item_id, "timestamp": now}
                    clicks.append(row("events", **told, recommendation_id=shelf.recommendation_id))
    impressions.add(live.db, served)
    events.store(live.db, clicks)
