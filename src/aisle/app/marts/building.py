"""The marts are brought up to date: the facts of days that changed, and all that they are about."""

import time
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import polars as pl

from aisle.app.data.columnar import copy_of
from aisle.app.data.day_counts import count_days
from aisle.app.progress import Progress, silent
from aisle.app.settings import Settings
from aisle.insights import marts as facts
from aisle.insights.shop_log import ITEM_COLUMNS, ITEM_SCHEMA
from aisle.shop import marts
from aisle.shop.columns import CREATED, ITEM_DAYS, RANK, SHELF_DAYS, SHOP_DAYS
from aisle.shop.marts import Mart
from aisle.shop.moments import DAY
from aisle.shop.moments import now as moment_now
from aisle.shop.money import MICROS
from aisle.shop.schemas import schema_of
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.marts import store
from aisle.storage.shelves import days, recommendations
from aisle.storage.shoppers import segments
from aisle.storage.work import leases, models

LEASE: Final = "marts"

PART_DAYS: Final = 30
"""The facts of so many days are built, and replaced, at a time."""

FRESH_DAYS: Final = 2
"""Of today and yesterday, shelves may still be stored without an event that tells it."""


class Built(msgspec.Struct, frozen=True):
    """What was built."""

    days: int
    """How many days were new or had changed."""
    rows: dict[str, int]
    """How many rows were written into each table."""
    seconds: float


def build_marts(db: Database, settings: Settings, progress: Progress = silent, moment: int | None = None) -> Built:
    """Bring the marts up to date; where this ends in the middle, what was not reached is as it was.

    Raises
    ------
    Busy
        If another process builds them at this moment.
    StorageError
        If the database refuses.
    """
    started, now = time.perf_counter(), moment_now() if moment is None else moment
    with leases.held(db, LEASE), copy_of(settings).current(db, progress) as events:
        count_days(db, progress, now)
        built, counted = store.built(db), store.counted(db)
        fresh = now - now % DAY - (FRESH_DAYS - 1) * DAY
        stale = sorted(day for day, through in counted.items() if built.get(day) != through or day >= fresh)
        rows = dict.fromkeys((mart.name for mart in marts.MARTS), 0)
        for start in range(0, len(stale), PART_DAYS):
            part = {day: counted[day] for day in stale[start : start + PART_DAYS]}
            tables = _facts(db, events, list(part), settings.shop.currency or "")
            store.replace_days(db, part, {name: _written(frame, name) for name, frame in tables.items()})
            for name, frame in tables.items():
                rows[name] += frame.height
            progress("build facts", start + len(part), len(stale), sum(rows.values()))
        for number, (mart, frame) in enumerate(_whole(db, events), 1):
            store.replace(db, mart, _written(frame, mart.name))
            rows[mart.name] = frame.height
            progress("build dimensions", number, len(marts.WHOLE), frame.height)
    return Built(len(stale), rows, time.perf_counter() - started)


def _facts(db: Database, events: pl.LazyFrame, some: list[int], currency: str) -> dict[str, pl.DataFrame]:
    def counts(table: str, columns: dict[str, str]) -> pl.DataFrame:
        rows = days.rows(db, table, some[0], some[-1] + DAY)
        return pl.DataFrame(rows, schema=schema_of(columns), orient="row").filter(pl.col("day").is_in(some))

    return {
        **facts.of_shop(counts(days.SHOP, SHOP_DAYS), currency),
        **facts.of_shelves(counts(days.SHELVES, SHELF_DAYS), currency),
        **facts.of_items(counts(days.ITEMS, ITEM_DAYS), events, some, currency),
    }


def _whole(db: Database, events: pl.LazyFrame) -> Iterator[tuple[Mart, pl.DataFrame]]:
    """Yield what is built anew as a whole."""
    yield marts.ITEMS, facts.items(pl.concat([ITEM_SCHEMA.to_frame(), *items.stream(db, ITEM_COLUMNS)]))
    yield marts.USERS, facts.users(events)
    trained = [
        (row.version, str(row.recipe.get("model", "")), row.status, row.created, row.promoted)
        for row in models.list_(db)
    ]
    yield marts.MODELS, _frame(trained, marts.MODELS)
    members = [
        (segment.name, user_id, since)
        for segment in segments.list_(db)
        for user_id, since in segments.members(db, segment.number)
    ]
    yield marts.USER_SEGMENTS, _frame(members, marts.USER_SEGMENTS)
    yield marts.RECOMMENDATIONS, pl.concat([_frame([], marts.RECOMMENDATIONS), *_recommended(db)])
    shown = [(name, str(first), str(last)) for name, first, last in store.placements(db, marts.SHELVES)]
    yield marts.PLACEMENTS, pl.DataFrame(shown, schema=list(marts.PLACEMENTS.columns), orient="row")
    spans = [span for mart in marts.DAILY if (span := store.days(db, mart)) is not None]
    if spans:
        yield marts.DATES, facts.dates(min(first for first, _ in spans), max(last for _, last in spans))


def _recommended(db: Database) -> Iterator[pl.DataFrame]:
    for frame in recommendations.stream(db):
        named = frame.rename({RANK: "place", CREATED: "computed_day"})
        yield named.select(*marts.RECOMMENDATIONS.columns).cast({"place": pl.Int64})


_SCHEMA: Final = {
    "str": pl.String,
    "int64": pl.Int64,
    "float64": pl.Float64,
    "bool": pl.Boolean,
    "day": pl.Int64,
    "money": pl.Int64,
}


def _frame(rows: Sequence[tuple[object, ...]], mart: Mart) -> pl.DataFrame:
    """Return rows, in which days are moments and money is in millionths."""
    return pl.DataFrame(rows, {name: _SCHEMA[word] for name, (word, _) in mart.columns.items()}, orient="row")


def _written(frame: pl.DataFrame, name: str) -> store.Rows:
    """Return rows as the database takes them: days as `2026-11-30`, money as decimal texts."""
    (mart,) = (mart for mart in marts.MARTS if mart.name == name)
    plain = []
    for column, (word, _) in mart.columns.items():
        value = pl.col(column)
        if word == "day" and frame.schema[column] == pl.Int64:
            value = pl.from_epoch(value, "us").dt.date().dt.to_string("%Y-%m-%d")
        elif word == "day":
            value = value.cast(pl.String)
        elif word == "money":
            value = (value.cast(pl.Decimal(38, 6)) / MICROS).cast(pl.Decimal(18, 6)).cast(pl.String)
        plain.append(value.alias(column))
    return frame.select(plain).rows()
