"""A server that starts with damaged bundles shows what it can, and follows as soon as there is a sound model."""

import shutil
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs

from aisle.app.settings import Settings
from aisle.engine.model import NO_BUNDLE
from aisle.models import bundle as bundles
from aisle.models import registry
from aisle.shop.access import Scope
from aisle.storage.access import keys
from aisle.storage.connection import connect
from tests.faults.damage import two_models
from tests.faults.load import until
from tests.faults.outage import trained
from tests.faults.own_server import is_installed
from tests.faults.test_start_away import EVENT, PATIENCE_SECONDS, SHELF, asked, locked, shop_to_be_locked
from tests.web.serving import serving

UNUSABLE = "no model can be used now; the server's log says why"


def serves(address: str, key: str, version: int) -> bool:
    status, shelf, _ = asked(address, key, SHELF)
    return status == 200 and shelf["model"] == version


def lives(address: str, key: str) -> bool:
    return asked(address, key, "/health/live")[0] == 200


def new_key(folder: Path) -> str:
    with connect(Settings.read(folder).database_url) as db:
        return keys.add(db, Scope.SERVER)


def served_once(folder: Path, key: str, version: int) -> None:
    """Let a server keep what one needs that starts without the database."""
    with serving(folder) as (_, address):
        assert until(partial(serves, address, key, version), PATIENCE_SECONDS) < PATIENCE_SECONDS


def damage(bundle: Path) -> None:
    for array in bundle.glob("*.npy"):
        array.write_bytes(array.read_bytes()[:-1])


def publish(folder: Path, whole: Path) -> int:
    """Make a whole bundle live, as another version."""
    settings, bundle = Settings.read(folder), bundles.load(whole)
    later = replace(bundle, manifest=structs.replace(bundle.manifest, created=bundle.manifest.created + 1))
    with connect(settings.database_url) as db:
        row = registry.publish(db, settings.bundles, later)
        return registry.promote(db, settings.bundles, row.version).version


@pytest.mark.parametrize("kind", ["sqlite", "mysql", "postgresql"])
def test_bestsellers_are_shown_as_soon_as_the_database_answers(kind: str, tmp_path: Path) -> None:
    if kind != "sqlite" and not is_installed(kind):
        pytest.skip(f"the server of {kind} is not installed")
    folder = tmp_path / "shop"
    with shop_to_be_locked(kind, folder) as hold, ExitStack() as away:
        key = new_key(folder)
        served_once(folder, key, 1)
        shutil.copytree(folder / "models" / "000001", tmp_path / "whole")
        damage(folder / "models" / "000001")
        away.enter_context(hold())
        with serving(folder) as (_, address):
            assert until(partial(lives, address, key), PATIENCE_SECONDS) < PATIENCE_SECONDS
            status, problem, retry = asked(address, key, SHELF)
            assert (status, problem["detail"], retry) == (503, UNUSABLE, "1")
            assert asked(address, key, "/health/ready")[0] == 503
            health = asked(address, key, "/api/health")
            assert (health[0], health[1]["model_version"], health[1]["database"]) == (200, None, "away")
            away.close()
            assert until(partial(serves, address, key, NO_BUNDLE), PATIENCE_SECONDS) <= 5
            shelf = asked(address, key, SHELF)[1]
            assert shelf["fallback"] == "popular_instead"
            assert shelf["items"]
            assert asked(address, key, "/health/ready")[0] == 200
            assert asked(address, key, "/api/events", EVENT)[0] == 200
            version = publish(folder, tmp_path / "whole")
            assert until(partial(serves, address, key, version), PATIENCE_SECONDS) <= 5
            assert asked(address, key, SHELF)[1]["fallback"] is None


def test_the_model_before_is_served_as_soon_as_the_database_answers(tmp_path: Path) -> None:
    trained(tmp_path / "one")
    folder = two_models(tmp_path / "shop", tmp_path / "one")
    settings = Settings.read(folder)
    with connect(settings.database_url) as db:
        registry.promote(db, settings.bundles, 2)
    key = new_key(folder)
    served_once(folder, key, 2)
    damage(folder / "models" / "000002")
    with ExitStack() as away:
        away.enter_context(locked(folder / "aisle.db"))
        with serving(folder) as (_, address):
            assert until(partial(lives, address, key), PATIENCE_SECONDS) < PATIENCE_SECONDS
            assert asked(address, key, SHELF)[0] == 503
            away.close()
            assert until(partial(serves, address, key, 1), PATIENCE_SECONDS) <= 5
