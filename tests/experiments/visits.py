"""Make-believe visitors of an experiment of a shop, over some weeks that are past."""

import numpy as np
import polars as pl

from aisle.app.experiments.experiments import experiment_of
from aisle.app.shop import Shop
from aisle.experiments.assignment import Range, variant_of
from aisle.shop.columns import EVENTS
from aisle.shop.moments import DAY, HOUR, now
from aisle.shop.schemas import schema_of
from aisle.storage.shelves import experiments, impressions
from aisle.storage.shelves.impressions import Impression, ServedItem


def visit(shop: Shop, name: str, days: int, number: int, growth: float, item_id: str, planned: float = 4_000) -> None:
    """Let an experiment that was just started have run for some days; all variants but the first sell more."""
    rng, row, today = np.random.default_rng(11), experiments.get(shop.db, name), now()
    start = today - (days - 1) * DAY - HOUR
    row = experiments.change(shop.db, row, "running", {"started": start, "planned": planned})
    experiment, served, events = experiment_of(row), list[Impression](), list[dict[str, object]]()
    schema = schema_of(EVENTS)
    for one in range(number):
        user, moment = f"visitor {one}", int(start + rng.integers(days * DAY - DAY))
        variant = variant_of(experiment, Range(0.0, 1.0), user)
        assert variant is not None
        shelf, taste = f"shelf-{name}-{one}", rng.gamma(4.0, 0.25)
        place = ServedItem(item_id, 1, 1.0, 1.0)
        label = experiment.label(variant)
        served.append(Impression(shelf, moment, user, None, "home", "personal", None, 1, (place,), label))
        more = 1.0 if variant is experiment.variants[0] else growth

        def event(kind: str, after: int, at: int = moment, who: str = user, **values: object) -> None:
            usual = {"event_id": f"{name}-{len(events)}", "event": kind, "user_id": who, "item_id": item_id}
            events.append(dict.fromkeys(schema) | usual | {"timestamp": at + after, "currency": "EUR"} | values)

        if one % 3:
            event("purchase", -30 * DAY + (moment - start) * 0, at=start + 5 * DAY, price=int(taste * 2e7), quantity=1)
        if rng.random() < 0.3 * more:
            event("select_item", 1_000_000, recommendation_id=shelf)
        if rng.random() < 0.4 * more * taste:
            event("purchase", 60_000_000, price=int(taste * rng.uniform(1.5e7, 2.5e7)), quantity=1)
    impressions.add(shop.db, served)
    shop.import_trusted([("events", pl.DataFrame(events, schema=schema))])
