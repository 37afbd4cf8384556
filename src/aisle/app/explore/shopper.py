"""What is known of one shopper: which of their items count, and which count no more."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from aisle.app.serve import Live
from aisle.app.serving.catalogue import LiveCatalogue
from aisle.app.serving.profiles import PROFILE_EVENTS, Profile
from aisle.engine.dealings import Dealings, RecentEvents
from aisle.engine.model import TrainedModel
from aisle.engine.proposals import Ints
from aisle.engine.ranking.profile import EventArrays
from aisle.engine.request import ShelfRequest

SHOWN: Final = 12
"""Of how many items of each sort it is told."""


class Counted(NamedTuple):
    """An item of a shopper, and how much it counts."""

    item_id: str
    name: str
    weight: float


class ShopperFacts(NamedTuple):
    """What a model sees of a shopper."""

    events: int
    """How many of the newest events are looked at."""
    is_cut: bool
    """Whether there may be older ones, which are not."""
    liked: list[Counted]
    """What speaks for a taste, the strongest first."""
    disliked: list[Counted]
    """What speaks against one."""
    cancelled: list[Counted]
    """What counts no more: refunded, rated badly or hidden, and not bought since."""
    unknown: list[str]
    """Items that the model does not know; one with events joins at the next training."""


def shopper_facts(live: Live, profile: Profile, model: TrainedModel) -> ShopperFacts:
    """Return what a model sees of a shopper."""
    request = ShelfRequest()
    query, catalogue = live.query(request, live.placements[request.placement], profile, model)
    arrays = EventArrays.of(profile.events, catalogue.vocabulary.numbers)
    recent = RecentEvents(arrays.item, arrays.kind, arrays.rating, arrays.timestamp)
    cancelled = Dealings.of(recent, model.weights).cancelled
    items, weights = query.shopper.history.items, query.shopper.weights
    order = np.argsort(-np.abs(weights), kind="stable")
    items, weights = items[order], weights[order]
    unknown = catalogue.vocabulary.ids(np.unique(arrays.item[arrays.item >= len(model.items)]))
    return ShopperFacts(
        len(profile.events),
        len(profile.events) >= PROFILE_EVENTS,
        _counted(items[weights > 0], weights[weights > 0].tolist(), catalogue),
        _counted(items[weights < 0], weights[weights < 0].tolist(), catalogue),
        _counted(cancelled, [0.0] * len(cancelled), catalogue),
        unknown[:SHOWN],
    )


def _counted(items: Ints, weights: Sequence[float], catalogue: LiveCatalogue) -> list[Counted]:
    item_ids = catalogue.vocabulary.ids(items[:SHOWN])
    return [
        Counted(item_id, catalogue.name(item_id), weight) for item_id, weight in zip(item_ids, weights, strict=False)
    ]
