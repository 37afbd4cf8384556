"""What is known of one item: its days, its neighbours, and which shelves show it."""

from collections import Counter
from typing import Final, NamedTuple

import numpy as np

from aisle.app.serve import Live
from aisle.engine.model import TrainedModel
from aisle.engine.related import CO_PURCHASE
from aisle.recommenders.implicit.co_purchase import CoPurchase
from aisle.recommenders.similar import similar
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY
from aisle.storage.shelves import days, impressions
from aisle.storage.shelves.days import ItemDay

DAYS: Final = 90
"""How many days of an item are shown, the last one being the last that was counted."""

NEWEST: Final = 2_000
"""In how many of the newest shelves an item is looked for."""

NEIGHBOURS: Final = 12
"""How many neighbours are named."""


class Neighbour(NamedTuple):
    """An item beside another one."""

    item_id: str
    value: float
    """How alike they are, as a cosine; or how many shoppers bought both."""


class Showing(NamedTuple):
    """A placement that shows an item."""

    placement: str
    shelves: int
    """How many of the newest shelves there have it."""
    of: int
    """How many of the newest shelves are of this placement."""


class ItemFacts(NamedTuple):
    """What a model knows of an item."""

    buyers: int
    stars: float | None
    sales_per_day: float | None
    """As of the last weeks before the training."""
    nearest: list[Neighbour]
    """The most similar items, by their descriptions or by who likes them."""
    together: list[Neighbour]
    """What the most shoppers bought together with it."""


def item_facts(model: TrainedModel, item_id: str) -> ItemFacts | None:
    """Return what a model knows of an item; None if it does not know it."""
    number = model.items.number(item_id)
    if number == UNKNOWN:
        return None
    state = model.state
    return ItemFacts(
        0 if state is None else int(state.buyers_[number]),
        None if state is None else _known(state.stars_[number]),
        _known(model.sales_per_day[number]),
        _nearest(model, number),
        _together(model, number),
    )


def days_of(live: Live, item_id: str) -> list[ItemDay]:
    """Return an item's last days, oldest first, as far as they were counted; those without anything are zeros."""
    ends = days.ends(live.db)
    if ends is None:
        return []
    last = ends[1]
    first = last - (DAYS - 1) * DAY
    known = {day.day: day for day in days.of_item(live.db, item_id, range(first, last + DAY, DAY))}
    return [known.get(day, ItemDay(day, 0, 0, 0, 0, 0, 0)) for day in range(first, last + DAY, DAY)]


def shown_on(live: Live, item_id: str) -> list[Showing]:
    """Return on which placements an item stands, of the newest shelves that were served."""
    newest = impressions.newest(live.db, NEWEST)
    every = Counter(placement for placement, _ in newest)
    having = Counter(placement for placement, item_ids in newest if item_id in item_ids)
    return [Showing(placement, shelves, every[placement]) for placement, shelves in having.most_common()]


def _nearest(model: TrainedModel, number: int) -> list[Neighbour]:
    if model.directions is None:
        return []
    row = similar(model.directions, np.array([number], np.int32), NEIGHBOURS)
    pairs = zip(row.items[0].tolist(), row.scores[0].tolist(), strict=True)
    return [Neighbour(model.items.ids[item], score) for item, score in pairs if item >= 0]


def _together(model: TrainedModel, number: int) -> list[Neighbour]:
    bought = model.components.get(CO_PURCHASE)
    if not isinstance(bought, CoPurchase):
        return []
    items = bought.partners(np.array([number], np.int32), bought.config.neighbours).items[0]
    counted = [(item, bought.support(number, item)) for item in items.tolist() if item >= 0]
    counted.sort(key=lambda pair: -pair[1])
    return [Neighbour(model.items.ids[item], float(buyers)) for item, buyers in counted[:NEIGHBOURS]]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
