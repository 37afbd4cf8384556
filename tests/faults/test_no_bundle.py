"""A server without a sound bundle shows bestsellers from its database, and follows as soon as there is a model."""

import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from aisle.app.settings import Settings
from aisle.engine.model import NO_BUNDLE
from aisle.shop.access import Scope
from aisle.storage.access import keys
from aisle.storage.connection import connect
from tests.faults.load import until
from tests.faults.own_server import is_installed
from tests.faults.test_start_away import EVENT, PATIENCE_SECONDS, SHELF, asked, shop_to_be_locked
from tests.web.serving import serving


def model_of(address: str, key: str) -> int | None:
    status, shelf, _ = asked(address, key, SHELF)
    return shelf["model"] if status == 200 else None


@pytest.mark.parametrize("kind", ["sqlite", "mysql", "postgresql"])
def test_bestsellers_are_shown_as_soon_as_the_database_answers(kind: str, tmp_path: Path) -> None:
    if kind != "sqlite" and not is_installed(kind):
        pytest.skip(f"the server of {kind} is not installed")
    folder = tmp_path / "shop"
    with shop_to_be_locked(kind, folder) as hold:
        with connect(Settings.read(folder).database_url) as db:
            key = keys.add(db, Scope.SERVER)
        with serving(folder) as (_, address):  # it keeps what a start without the database needs
            until(lambda: model_of(address, key) == 1, PATIENCE_SECONDS)
        bundle = folder / "models" / "000001"
        shutil.move(bundle, tmp_path / "whole")
        shutil.copytree(tmp_path / "whole", bundle)
        for array in bundle.glob("*.npy"):
            array.write_bytes(array.read_bytes()[:-1])
        with ExitStack() as away:
            away.enter_context(hold())
            with serving(folder) as (_, address):
                until(lambda: asked(address, key, "/health/live")[0] == 200, PATIENCE_SECONDS)
                status, problem, retry = asked(address, key, SHELF)
                assert (status, problem["detail"], retry) == (503, "the shop cannot answer now; its log says why", "1")
                assert asked(address, key, "/health/ready")[0] == 503
                away.close()
                until(lambda: model_of(address, key) == NO_BUNDLE, PATIENCE_SECONDS)
                shelf = asked(address, key, SHELF)[1]
                assert shelf["fallback"] == "popular_instead"
                assert shelf["items"]
                assert asked(address, key, "/health/ready")[0] == 200
                assert asked(address, key, "/api/events", EVENT)[0] == 200
                shutil.copytree(tmp_path / "whole", bundle, dirs_exist_ok=True)
                until(lambda: model_of(address, key) == 1, PATIENCE_SECONDS)
                assert asked(address, key, SHELF)[1]["fallback"] is None
