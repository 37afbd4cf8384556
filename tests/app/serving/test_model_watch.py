"""The live model of a server: changed behind the requests, on copies, and never to a damaged one."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest
from sqlalchemy import delete, update

from aisle.app.serve import Live
from aisle.app.serving import model_watch
from aisle.app.serving.model_watch import ModelWatch
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.engine.model import NO_BUNDLE
from aisle.shop.errors import BundleError, DatabaseUnavailable, NoModel, StorageError
from aisle.storage.tables import events, models
from aisle.storage.work import models as registry_rows
from aisle.storage.work.models import ModelRow
from tests.small_shop import TEAS


@pytest.fixture
def twice(folder: Path) -> Path:
    """The shop with two models, the second live."""
    with Shop.open(folder) as shop:
        shop.train()
        shop.promote(2)
    return folder


@pytest.fixture
def server(twice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A server of it that looks for models without a pause."""
    monkeypatch.setattr(model_watch, "CHECK_SECONDS", 0.0)
    (tmp_path / "copies").mkdir()
    with Live(Settings.read(twice), tmp_path / "copies") as live:
        yield live


def largest(bundle: Path) -> Path:
    return max(bundle.glob("*.npy"), key=lambda path: path.stat().st_size)


def test_a_server_does_not_see_what_happens_to_the_original(server: Live, twice: Path) -> None:
    before = server.recommend("user-0").items
    for array in (twice / "models" / "000002").glob("*.npy"):
        os.truncate(array, 0)
    assert server.recommend("user-0").items == before
    assert server.model_version() == 2


def test_a_rollback_is_followed(server: Live, twice: Path) -> None:
    assert server.model_version() == 2
    with Shop.open(twice) as shop:
        shop.rollback()
    assert server.model_version() == 1


def test_a_bundle_that_was_replaced_under_its_version_is_noticed(server: Live, twice: Path) -> None:
    old = server.model_watch.current()
    models = twice / "models"
    shutil.rmtree(models / "000002")
    shutil.copytree(models / "000001", models / "000002")
    assert server.model_watch.current() is not old


def test_a_damaged_bundle_is_refused_once_and_the_old_one_stays(
    server: Live, twice: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Shop.open(twice) as shop:
        shop.rollback()
        assert server.model_version() == 1
        shop.promote(2)
    array = largest(twice / "models" / "000002")
    for copy in (tmp_path / "copies").iterdir():
        shutil.rmtree(copy) if copy.is_dir() else copy.unlink()
    content = array.read_bytes()
    array.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert [server.model_version() for _ in range(3)] == [1, 1, 1]
    assert sum("keeping model 1" in record.getMessage() for record in caplog.records) == 1


def test_a_server_that_starts_on_a_damaged_bundle_takes_the_one_before(
    server: Live, twice: Path, caplog: pytest.LogCaptureFixture
) -> None:
    os.truncate(largest(twice / "models" / "000002"), 10)
    assert server.model_version() == 1
    assert "serving model 1, the one before" in caplog.text
    assert server.recommend("user-0").model_version == 1


def damage_all(folder: Path) -> None:
    for version in ("000001", "000002"):
        os.truncate(largest(folder / "models" / version), 10)


def forget_events(folder: Path) -> None:
    with Shop.open(folder) as shop, shop.db.write() as connection:
        connection.execute(delete(events))


def test_without_any_sound_bundle_a_server_shows_bestsellers(
    server: Live, twice: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = f"models/000002: {largest(twice / 'models' / '000002').name} has 10 bytes"
    damage_all(twice)
    shelf = server.recommend("user-0")
    assert (shelf.model_version, shelf.fallback) == (NO_BUNDLE, "popular_instead")
    assert [item.item_id for item in server.recommend("user-1").items] == [item.item_id for item in shelf.items]
    assert [server.model_version() for _ in range(3)] == [NO_BUNDLE] * 3
    assert caplog.text.count("serving bestsellers from the database") == 1
    assert damaged in caplog.text


def test_no_shelf_is_empty_without_a_sound_bundle(server: Live, twice: Path, caplog: pytest.LogCaptureFixture) -> None:
    damage_all(twice)
    for placement in server.placements:
        shelf = server.recommend("user-0", placement=placement, item_id=TEAS[0], cart=[TEAS[1]], explain=True)
        assert shelf.items, placement
        assert (shelf.fallback is None) == (placement == "bestsellers"), placement
    assert "fills no shelf" not in caplog.text


@pytest.mark.parametrize("version", [1, 2])
def test_a_mended_bundle_takes_the_place_of_bestsellers(
    server: Live, twice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    shutil.copytree(twice / "models", tmp_path / "whole")
    damage_all(twice)
    assert server.model_version() == NO_BUNDLE
    bundle = f"{version:06}"
    shutil.copytree(tmp_path / "whole" / bundle, twice / "models" / bundle, dirs_exist_ok=True)
    assert server.model_version() == NO_BUNDLE  # it is not looked at again at once
    later = time.monotonic() + model_watch.RETRY_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert server.model_version() == version


def test_a_mended_bundle_takes_the_place_of_the_one_before(
    server: Live, twice: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(model_watch, "RETRY_SECONDS", 0.0)
    array = largest(twice / "models" / "000002")
    content = array.read_bytes()
    os.truncate(array, 10)
    assert [server.model_version() for _ in range(2)] == [1, 1]
    assert caplog.text.count("serving model 1, the one before") == caplog.text.count("keeping model 1") == 1
    array.write_bytes(content)
    assert server.model_version() == 2


def test_bestsellers_are_counted_once(
    server: Live, twice: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(model_watch, "RETRY_SECONDS", 0.0)
    damage_all(twice)
    stand_in = server.model_watch.current()
    assert all(server.model_watch.current() is stand_in for _ in range(2))
    assert caplog.text.count("serving bestsellers") == 1


def test_what_needs_a_trained_model_is_told_that_bestsellers_stand_in(
    server: Live, twice: Path, tmp_path: Path
) -> None:
    assert server.model_watch.trained().version == 2
    damage_all(twice)
    (tmp_path / "more").mkdir()
    with Live(Settings.read(twice), tmp_path / "more") as later, pytest.raises(NoModel, match="all models are damaged"):
        later.model_watch.trained()


def test_another_model_takes_the_place_of_bestsellers(server: Live, twice: Path) -> None:
    damage_all(twice)
    assert server.model_version() == NO_BUNDLE
    with Shop.open(twice) as shop:
        trained = shop.train(force=True)
    assert server.model_version() == trained.version


def test_without_any_sound_bundle_the_damage_is_said(server: Live, twice: Path) -> None:
    damage_all(twice)
    forget_events(twice)
    with pytest.raises(BundleError):
        server.recommend("user-0")


def test_outside_of_a_server_the_damage_is_said(twice: Path) -> None:
    damage_all(twice)
    with Live(Settings.read(twice)) as live, pytest.raises(BundleError, match="aisle models rollback"):
        live.recommend("user-0")


def test_a_follower_says_once_why_there_is_no_model(
    server: Live, twice: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damage_all(twice)
    forget_events(twice)
    server.model_watch.follow()
    for _ in range(2):
        server.model_watch.refresh()
        with pytest.raises(NoModel, match="no model can be used now; the server's log says why"):
            server.recommend("user-0")
    assert server.model_version() is None
    told = [record.getMessage() for record in caplog.records]
    assert sum("has 10 bytes" in line for line in told if line.startswith("no model: ")) == 1
    assert sum("bestsellers cannot be counted: no event" in line for line in told) == 1


def test_a_recipe_of_another_version_is_as_useless_as_a_damaged_bundle(server: Live, twice: Path) -> None:
    with Shop.open(twice) as shop, shop.db.write() as connection:
        recipe = msgspec.json.encode(shop.models()[0].recipe | {"of_tomorrow": 1}).decode()
        connection.execute(update(models).where(models.c.version == 2).values(recipe=recipe))
    assert server.model_version() == 1


@pytest.mark.parametrize("starts_on", [1, 2])
def test_a_model_that_is_made_live_after_it_was_mended_is_taken_at_once(
    server: Live, twice: Path, starts_on: int
) -> None:
    array = largest(twice / "models" / "000002")
    content = array.read_bytes()
    os.truncate(array, 10)
    with Shop.open(twice) as shop:
        if starts_on == 1:
            shop.rollback()
            assert server.model_version() == 1
            registry_rows.promote(shop.db, 2)
        assert server.model_version() == 1
        array.write_bytes(content)
        shop.promote(2)
    assert server.model_version() == 2


def test_a_model_that_is_live_again_after_a_rollback_is_looked_at_again(server: Live, twice: Path) -> None:
    array = largest(twice / "models" / "000002")
    content = array.read_bytes()
    os.truncate(array, 10)
    assert server.model_version() == 1
    with Shop.open(twice) as shop:
        row = shop.models()[0]
        shop.rollback()
        assert server.model_version() == 1
        array.write_bytes(content)
        with shop.db.write() as connection:  # as a restored database may hold it
            connection.execute(update(models).where(models.c.version == 1).values(status="retired"))
            connection.execute(update(models).where(models.c.version == 2).values(status="live", promoted=row.promoted))
    assert server.model_version() == 2


@pytest.mark.parametrize(
    ("error", "counts"), [(StorageError("the table is broken"), 1), (DatabaseUnavailable("it does not answer"), 3)]
)
def test_only_a_database_that_is_away_is_asked_again_at_once(
    twice: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, error: StorageError, counts: int
) -> None:
    asked = []

    def bestsellers(row: ModelRow) -> NoReturn:
        asked.append(row.version)
        raise error

    damage_all(twice)
    (tmp_path / "copies").mkdir()
    with Shop.open(twice) as shop:
        watch = ModelWatch(shop.db, shop.settings.bundles, tmp_path / "copies", bestsellers=bestsellers)
        watch.follow()
        watch.close()
        for _ in range(2):
            watch.refresh()
    assert asked == [2] * counts
    assert caplog.text.count("model 2 cannot be served: ") == 1


def test_a_follower_outlives_a_disk_that_fails(server: Live, twice: Path, tmp_path: Path) -> None:
    server.model_watch.follow()
    assert server.model_version() == 2
    shutil.rmtree(tmp_path / "copies")
    with Shop.open(twice) as shop:
        shop.rollback()
    server.model_watch.refresh()
    assert server.model_version() == 2
    (tmp_path / "copies").mkdir()
    with Shop.open(twice) as shop:
        shop.promote(1)
    server.model_watch.refresh()
    assert server.model_version() == 1


def test_a_follower_outlives_any_mistake(twice: Path, caplog: pytest.LogCaptureFixture) -> None:
    def wrong(_model: object) -> NoReturn:
        raise ZeroDivisionError("a mistake")

    with Shop.open(twice) as shop:
        watch = ModelWatch(shop.db, shop.settings.bundles, prepare=wrong)
        for _ in range(2):
            watch.refresh()
    assert caplog.text.count("looking for models failed") == 1


def test_whatever_goes_wrong_with_bestsellers_a_server_goes_on(
    twice: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def wrong(_row: object) -> NoReturn:
        raise ZeroDivisionError("a mistake")

    damage_all(twice)
    (tmp_path / "copies").mkdir()
    with Shop.open(twice) as shop:
        watch = ModelWatch(shop.db, shop.settings.bundles, tmp_path / "copies", bestsellers=wrong)
        watch.follow()
        with pytest.raises(NoModel, match="the server's log says why"):
            watch.current()
        watch.close()
    assert "a mistake" in caplog.text


def test_a_follower_changes_over_without_a_request(server: Live, twice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_watch, "CHECK_SECONDS", 0.02)
    server.model_watch.follow()
    assert server.model_watch.current().version == 2
    with Shop.open(twice) as shop:
        shop.rollback()
    changed = False
    while not changed:  # the suite's own limit ends it
        changed = server.model_watch.current().version == 1


def test_workers_share_a_copy_and_old_copies_go(server: Live, twice: Path, tmp_path: Path) -> None:
    server.model_version()
    with Live(Settings.read(twice), tmp_path / "copies") as other:
        assert other.model_version() == 2
    assert len([path for path in (tmp_path / "copies").iterdir() if path.is_dir()]) == 1


def test_a_bundle_that_was_copied_ahead_is_not_copied_again(server: Live, twice: Path) -> None:
    server.model_watch.copy_ahead()
    for array in (twice / "models" / "000002").glob("*.npy"):
        os.truncate(array, 0)
    assert server.model_version() == 2


def test_a_bundle_that_cannot_be_copied_ahead_is_told_when_it_is_loaded(server: Live, twice: Path) -> None:
    damage_all(twice)
    forget_events(twice)
    server.model_watch.copy_ahead()
    with pytest.raises(BundleError):
        server.model_version()


def test_without_a_folder_to_copy_to_nothing_is_copied_ahead(server: Live, tmp_path: Path) -> None:
    (tmp_path / "copies").rmdir()
    server.model_watch.copy_ahead()
    assert not (tmp_path / "copies").exists()
