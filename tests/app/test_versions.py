import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import delete

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.versions import Difference, differences, figures, live_kpis, version_of, versions
from aisle.shop.errors import NotFound
from aisle.shop.moments import DAY
from aisle.storage.shelves import days
from aisle.storage.shelves.days import Counts
from aisle.storage.tables import trainings
from aisle.storage.work import models
from aisle.storage.work import trainings as table


@pytest.fixture
def shop(trained_folder: Path, tmp_path: Path) -> Iterator[Shop]:
    with Shop(Settings.read(shutil.copytree(trained_folder, tmp_path / "shop"))) as opened:
        yield opened


def test_a_training_tells_of_its_model(shop: Shop) -> None:
    (version,) = shop.versions()
    training = version.training
    assert training is not None
    assert version.on_disk
    assert (training.version, training.live, training.reason) == (1, True, version.row.note)
    assert training.learnt_from.events == training.events == 240
    assert {"recommended-for-you", "trending"} <= {one.placement for one in training.placements}
    assert training.importance == {}  # there is no ranker


def test_the_importance_of_a_rankers_features_is_their_share_of_the_gain(hybrid_folder: Path) -> None:
    with Shop(Settings.read(hybrid_folder)) as shop:
        training = shop.versions()[0].training
        shares = [] if training is None else list(training.importance.values())
        assert shares == sorted(shares, reverse=True)
        if "ranker" in shop.model_watch.current().components:
            assert sum(shares) == pytest.approx(1, abs=1e-4)


def test_the_figures_of_a_model_are_those_of_its_own_recipe(shop: Shop) -> None:
    version = shop.versions()[0]
    assert version.report is not None
    ndcg = figures([version]).filter(items="all", figure="ndcg").row(0, named=True)
    interval = version.report.intervals.ndcg
    assert (ndcg["version"], ndcg["value"], ndcg["low"], ndcg["high"]) == (
        1, interval.value, interval.low, interval.high,
    )  # fmt: skip


def test_a_model_of_an_older_aisle_has_the_figures_that_were_stored(shop: Shop) -> None:
    told = shop.versions()[0].report
    with shop.db.write() as connection:
        connection.execute(delete(trainings))
    (version,) = shop.versions()
    assert version.training is None
    assert version.report == told


@pytest.mark.parametrize("record", [{}, {"version": "one"}])
def test_a_record_of_another_aisle_is_none(shop: Shop, record: dict[str, object]) -> None:
    table.store(shop.db, 1, record)
    assert shop.versions()[0].training is None


def test_a_model_without_figures(shop: Shop) -> None:
    models.add(shop.db, recipe={"model": "als"}, metrics={})
    newest = shop.versions()[0]
    assert (newest.row.version, newest.report, newest.on_disk) == (2, None, False)
    assert figures([newest]).is_empty()


def test_a_version_that_is_not_there(shop: Shop) -> None:
    found = versions(shop.db, shop.settings.bundles)
    assert version_of(found, 1) == found[0]
    with pytest.raises(NotFound, match="there is no model 9; those there are: 1"):
        version_of(found, 9)


def test_settings_that_differ() -> None:
    first = {"seed": 1, "parts": {"als": {"settings": {"factors": 64, "alpha": 1.0}}}, "hybrid": None}
    second = {"seed": 1, "parts": {"als": {"settings": {"factors": 32, "alpha": 1.0}}}, "objectives": []}
    assert differences(first, first) == []
    assert differences(first, second) == [
        Difference("objectives", None, []),
        Difference("parts.als.settings.factors", 64, 32),
    ]


def test_what_the_shelves_of_each_model_brought(shop: Shop) -> None:
    def shelf(day: int, version: int, seen: int, clicks: int) -> tuple[object, ...]:
        return (day, "home", "personal", version, "known", "", "", 1, 10, seen, clicks, 0, 0, 0, 0, 0, 0)

    for day, rows in ((0, [shelf(0, 1, 8, 2)]), (DAY, [shelf(DAY, 1, 2, 2), shelf(DAY, 2, 4, 1)])):
        days.replace(shop.db, day, Counts(rows, [], [(day, "", *[0] * 15)]), 1)
    kpis = live_kpis(shop.db, 0, 2 * DAY)
    assert kpis.select("model_version", "seen", "clicks", "ctr").rows() == [(2, 4, 1, 0.25), (1, 10, 4, 0.4)]
    assert live_kpis(shop.db, 5 * DAY, 6 * DAY).is_empty()


def test_a_record_survives_its_way_through_the_table(shop: Shop) -> None:
    training = shop.versions()[0].training
    assert msgspec.convert(table.records(shop.db)[1], type(training), strict=False) == training
