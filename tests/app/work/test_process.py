import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.work import process
from aisle.app.work.process import worker_beside
from aisle.storage.work import jobs, leases


@pytest.fixture
def folder(untrained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_folder, tmp_path / "shop")


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def pid_of(shop: Shop) -> int | None:
    """Return the process of the worker."""
    holder = leases.holder(shop.db, "worker")
    return int(holder.split("process ")[1].split(",")[0]) if holder else None


def test_a_worker_beside_a_server_works_and_ends_with_it(folder: Path) -> None:
    settings = Settings.read(folder)
    with Shop(settings) as shop:
        number = jobs.ask(shop.db, "count", "anna").number
        with worker_beside(settings):
            until(lambda: jobs.get(shop.db, number).status == "done")
            pid = pid_of(shop)
            assert pid not in (None, os.getpid())
        assert leases.holder(shop.db, "worker") is None
        with pytest.raises(ProcessLookupError):
            os.kill(pid or 0, 0)


def test_a_worker_that_is_killed_is_started_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "AGAIN_SECONDS", 0.1)
    monkeypatch.setattr(leases, "SILENCE", 1.0)
    settings = Settings.read(folder)
    with Shop(settings) as shop, worker_beside(settings):
        until(lambda: pid_of(shop))
        os.kill(pid_of(shop) or 0, signal.SIGKILL)
        number = jobs.ask(shop.db, "count", "anna").number
        until(lambda: jobs.get(shop.db, number).status == "done")
