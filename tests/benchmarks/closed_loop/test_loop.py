"""A closed loop of two days in a small town: it goes on where it was stopped, and its figures are right."""

from pathlib import Path

import polars as pl
import pytest

from aisle.shop.columns import EVENT, RECOMMENDATION_ID
from aisle.storage.connection import connect
from aisle.storage.log.events import stream
from benchmarks.closed_loop.figures import Lived, table, variety
from benchmarks.closed_loop.loop import live
from benchmarks.closed_loop.town import Size, Town, build
from benchmarks.closed_loop.visiting import MOST_PAGES, N

SMALL = Size(days=2, items=960, shoppers=150, visits_a_day=30, days_before=40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two days of a shelf, of which the second was begun, given up and begun again."""
    folder = tmp_path_factory.mktemp("loop")
    live(folder, "popularity", SMALL, 1)
    first = (folder / "popularity" / "outcomes" / "visits-001.parquet").stat().st_mtime_ns
    (folder / "popularity" / "unfinished").mkdir()
    live(folder, "popularity", SMALL, 2)
    assert (folder / "popularity" / "outcomes" / "visits-001.parquet").stat().st_mtime_ns == first
    return folder


@pytest.fixture(scope="module")
def town() -> Town:
    return build(SMALL)


def test_every_visit_of_the_days_is_received(folder: Path, town: Town) -> None:
    visits = Lived.read(folder, "popularity", 2).visits
    for day in (1, 2):
        of_day = visits.filter(pl.col("day") == day)["visit"].to_list()
        assert of_day == town.visits_on(SMALL.days_before + day - 1).tolist()
    assert visits["pages"].is_between(1, MOST_PAGES).all()


def test_shelves_are_those_of_the_shop(folder: Path, town: Town) -> None:
    lived = Lived.read(folder, "popularity", 2)
    sizes = lived.shown.group_by("visit", "page").len()
    assert (sizes["len"] == N).all()
    assert sizes.height == lived.visits["pages"].sum()
    day = SMALL.days_before + lived.shown["day"].to_numpy() - 1
    assert town.world.catalogue.for_sale(lived.shown["item"].to_numpy(), day).all()
    assert lived.shown.filter("bought")["clicked"].all()


def test_the_shop_knows_what_happened(folder: Path) -> None:
    lived = Lived.read(folder, "popularity", 2)
    with connect(f"sqlite:///{folder}/popularity/day-002/shop/aisle.db") as db:
        events = pl.concat(stream(db, (EVENT, RECOMMENDATION_ID))).filter(pl.col(RECOMMENDATION_ID).is_not_null())
    kinds = events[EVENT].cast(pl.String).to_list()
    assert kinds.count("select_item") == lived.visits["clicks"].sum() > 0
    assert kinds.count("purchase") == lived.shown["bought"].sum()


def test_the_oracle_is_never_beaten(folder: Path) -> None:
    visits = Lived.read(folder, "popularity", 2).visits
    assert (visits["expected"] <= visits["best"] + 1e-6).all()
    assert visits["best"].sum() > 0


def test_figures_compare_policies_by_the_same_visitors(folder: Path, town: Town) -> None:
    lived = Lived.read(folder, "popularity", 2)
    rows = table({"popularity": lived, "again": lived})
    assert rows[1]["expected ×"] == rows[1]["expected × low"] == rows[1]["expected × high"] == 1
    assert 0 < float(rows[0]["regret"]) < 1
    (row,) = variety(town, {"popularity": lived})
    assert N / SMALL.items <= float(row["coverage"]) <= 1
