"""What a report reads: the shelves of an experiment, and the events of the shop from its copy beside the database."""

from typing import Final

import polars as pl

from aisle.app.data.columnar import copy_of
from aisle.app.settings import Settings
from aisle.experiments.experiment import Experiment, Unit
from aisle.experiments.units import Units, units_of
from aisle.shop.columns import (
    FALLBACK,
    MODEL_VERSION,
    RECOMMENDATION_ID,
    SESSION_ID,
    SHOP_DAYS,
    TIMESTAMP,
    USER_ID,
    VARIANT,
)
from aisle.shop.moments import DAY
from aisle.storage.connection import Database
from aisle.storage.shelves import days, experiments
from aisle.storage.shelves.experiments import ExperimentRow

HISTORY_DAYS: Final = 28
"""From how many days is known what visitors do without an experiment."""

_DOUBTS: Final = {
    "unknown_shelf": "events of the shop in these days that name a shelf which is not stored",
    "not_on_shelf": "events of the shop in these days about an item that did not stand on their shelf",
    "before_click": "orders of the shop in these days before the click",
}


def units_since(db: Database, settings: Settings, row: ExperimentRow, experiment: Experiment, until: int) -> Units:
    """Return what the units of an experiment did from its start until a moment."""
    start = row.started or until
    served = experiments.served(db, start, until)
    label = pl.col(VARIANT).str.extract(rf"(?:^| ){experiment.salt.replace('.', '[.]')}:(\S+)")
    shelves = served.with_columns(label.alias(VARIANT)).drop_nulls(VARIANT)
    with copy_of(settings).current(db) as events:
        units = units_of(shelves, events, experiment.unit, start, until)
    doubts = units.doubts | _of_models(shelves, experiment) | _of_shop(db, start, until)
    return units._replace(doubts={why: number for why, number in doubts.items() if number})


def usual_units(db: Database, settings: Settings, unit: Unit, now: int) -> Units:
    """Return what the visitors of the last `HISTORY_DAYS` did, each from the first event on, as if served then."""
    start = now - HISTORY_DAYS * DAY
    ids = (USER_ID, SESSION_ID) if unit == "user" else (SESSION_ID, USER_ID)
    with copy_of(settings).current(db) as events:
        recent = events.filter(pl.col(TIMESTAMP) >= start, pl.col(TIMESTAMP) <= now)
        first = recent.group_by(pl.coalesce(ids).alias(ids[0])).agg(pl.col(TIMESTAMP).min()).drop_nulls().collect()
        served = first.with_columns(
            pl.lit(None, pl.String).alias(ids[1]),
            pl.lit(None, pl.String).alias(FALLBACK),
            pl.col(ids[0]).alias(RECOMMENDATION_ID),
            pl.lit("all").alias(VARIANT),
        )
        return units_of(served, events, unit, start, now)


def _of_models(shelves: pl.DataFrame, experiment: Experiment) -> dict[str, int]:
    """Tell where the live model changed while variants were compared on it."""
    of_live = [variant.name for variant in experiment.variants if variant.model is None and not variant.holdout]
    models = shelves.filter(pl.col(VARIANT).is_in(of_live)).drop_nulls(MODEL_VERSION)[MODEL_VERSION].unique().sort()
    if len(models) < 2:
        return {}
    return {f"live models meanwhile: {', '.join(map(str, models.to_list()))}": len(models)}


def _of_shop(db: Database, start: int, until: int) -> dict[str, int]:
    """Return what fits no shelf of the shop, in the days that were counted."""
    rows = days.rows(db, days.SHOP, start - start % DAY, until)
    counts = pl.DataFrame(rows, schema=list(SHOP_DAYS), orient="row")
    return {why: int(counts[name].sum() or 0) for name, why in _DOUBTS.items()} if rows else {}
