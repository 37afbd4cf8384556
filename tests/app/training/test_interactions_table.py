"""Training writes the pairs that it learns from into a table, and does not fail without it."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sqlalchemy import select

from aisle.app.data.tables import read_events, span
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.training import interactions_table
from aisle.prepare.build import build
from aisle.prepare.interactions import Interactions
from aisle.prepare.weigh import Weights
from aisle.shop.columns import INTERACTIONS
from aisle.shop.errors import StorageError
from aisle.storage.connection import Database, connect
from aisle.storage.log import interactions
from aisle.storage.tables import interactions as table
from tests.lively_shop import lively_data


def stored(folder: Path) -> pl.DataFrame:
    with connect(Settings.read(folder).database_url) as db, db.read() as connection:
        rows = connection.execute(select(table).order_by(table.c.user_id, table.c.item_id)).all()
    return pl.DataFrame(rows, schema=list(INTERACTIONS), orient="row")


def test_training_writes_the_same_pairs_as_an_export(untrained_folder: Path, tmp_path: Path) -> None:
    with Shop.open(shutil.copytree(untrained_folder, tmp_path / "shop")) as shop:
        for _ in range(2):
            trained = shop.train("als")
        shop.export(tmp_path / "out")
    rows = stored(tmp_path / "shop")
    written = pl.read_parquet(tmp_path / "out" / "interactions.parquet")
    assert "interactions" not in trained.skipped
    assert rows.select("user_id", "item_id", "events").equals(written.select("user_id", "item_id", "events"))
    assert rows["timestamp"].equals(written["timestamp"].cast(pl.Int64))
    assert np.allclose(rows["weight"], written["weight"], rtol=1e-6)
    assert rows["created"].n_unique() == 1


def test_a_table_that_cannot_be_written_fails_no_training(
    untrained_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise StorageError("the disk is full")

    monkeypatch.setattr(interactions, "replace", refuse)
    with Shop.open(shutil.copytree(untrained_folder, tmp_path / "shop")) as shop:
        trained = shop.train("als")
        assert trained.live
        assert "the disk is full" in trained.skipped["interactions"]


def test_blocks_of_shoppers_make_the_same_table(
    untrained_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.read(shutil.copytree(untrained_folder, tmp_path / "shop"))
    with connect(settings.database_url) as db:
        data = _data(db, settings)
        assert interactions_table.refresh(db, data) == {}
        whole = stored(tmp_path / "shop").drop("created")
        monkeypatch.setattr(interactions_table, "SHOPPERS", 7)
        assert interactions_table.refresh(db, data) == {}
    assert whole.height == data.matrix.nnz
    assert stored(tmp_path / "shop").drop("created").equals(whole)


def _data(db: Database, settings: Settings) -> Interactions:
    events = read_events(db, settings)
    return build(events, recipe_of(settings).weights, span(events)[1] + 1)


def test_a_refunded_pair_is_not_in_the_table() -> None:
    log = pl.DataFrame(
        {
            "event": ["view_item", "purchase", "purchase", "refund", "purchase", "view_item"],
            "user_id": ["a", "a", "b", "b", None, "b"],
            "item_id": ["x", "x", "x", "x", "y", "y"],
            "timestamp": [1, 5, 2, 3, 9, 4],
        }
    )
    data = build(log, Weights(), 10)
    entries = [(data.users.ids[user], data.items.ids[item]) for user, item in zip(*data.matrix.nonzero(), strict=True)]
    assert entries == [("a", "x"), ("b", "y")]
    last, events = interactions_table.events_of_pairs(data)
    assert (last.tolist(), events.tolist()) == ([5, 4], [2, 1])


def test_every_pair_has_events() -> None:
    data = lively_data()
    last, events = interactions_table.events_of_pairs(data)
    assert (events > 0).all()
    assert last.max() <= data.log.timestamp.max()
