import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from tests.runner import Runner


@pytest.fixture
def shop(untrained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_folder, tmp_path / "shop")


def test_jobs_are_asked_for_listed_shown_and_called_off(aisle: Runner, shop: Path) -> None:
    assert "There were no jobs yet" in aisle("-C", shop, "jobs", "list").out
    asked = aisle("-C", shop, "jobs", "run", "train").out
    assert "Job 1: train on all events" in asked
    assert "No worker runs" in asked
    assert "waiting" in aisle("-C", shop, "jobs", "list").out
    assert msgspec.json.decode(aisle("-C", shop, "jobs", "list", "--json").out)[0]["kind"] == "train"
    assert "Job 1 is called off" in aisle("-C", shop, "jobs", "cancel", "1").out
    assert "Job 1, train: called off" in aisle("-C", shop, "jobs", "show", "1").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("run", "dance"),
            "there is no job 'dance'; choose from train, count, ",
        ),
        (("show", "7"), "there is no job 7"),
        (("cancel", "7"), "there is no job 7"),
    ],
)
def test_what_there_is_not_is_one_line(aisle: Runner, shop: Path, arguments: tuple[str, ...], says: str) -> None:
    ran = aisle("-C", shop, "jobs", *arguments)
    assert (ran.code, says in ran.err, ran.err.strip().count("\n")) == (2, True, 0)


def test_a_worker_works_until_it_is_told_to_stop(aisle: Runner, shop: Path) -> None:
    aisle("-C", shop, "jobs", "run", "count")
    worker = subprocess.Popen(
        [sys.executable, "-m", "aisle.cli.main", "-C", str(shop), "worker"], stderr=subprocess.PIPE
    )
    end = time.monotonic() + 60
    while "done" not in aisle("-C", shop, "jobs", "list").out:
        assert time.monotonic() < end
        time.sleep(0.2)
    worker.send_signal(signal.SIGINT)
    _, log = worker.communicate(timeout=30)
    assert worker.returncode == 0
    assert b"job 1, count, done" in log


def test_a_worker_without_a_shop_is_one_line(aisle: Runner, tmp_path: Path) -> None:
    ran = aisle("-C", tmp_path, "worker")
    assert (ran.code, ran.err.strip().count("\n")) == (2, 0)
