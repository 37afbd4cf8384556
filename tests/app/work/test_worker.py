"""The worker does real jobs on a real shop."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from aisle.app.data.columnar import copy_of
from aisle.app.progress import silent
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.work.kinds import KINDS, kind_named
from aisle.app.work.worker import MOST_LOST, Worker, ask_what_is_due
from aisle.shop.errors import InputError
from aisle.shop.moments import DAY, HOUR, MINUTE, now
from aisle.storage.shoppers import people
from aisle.storage.work import jobs, leases
from aisle.storage.work.jobs import JobRow

NEVER = {"train_hour": "never", "count_minutes": 0, "refresh_minutes": 0, "backups": 0}


@pytest.fixture
def folder(untrained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_folder, tmp_path / "shop")


@pytest.fixture
def shop(folder: Path) -> Iterator[Shop]:
    with Shop(Settings.read(folder)) as opened:
        yield opened


@contextmanager
def working(folder: Path, **section: object) -> Iterator[Worker]:
    worker = Worker(Settings.read(folder, worker=NEVER | section), silence=2.0)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join()


def until(shop: Shop, number: int, is_so: Callable[[JobRow], object], seconds: float = 60.0) -> JobRow:
    """Wait until something is so of a job."""
    end = time.monotonic() + seconds
    while not is_so(job := jobs.get(shop.db, number)):
        assert time.monotonic() < end, job
        time.sleep(0.02)
    return job


def is_over(job: JobRow) -> bool:
    return job.status not in jobs.OPEN


def test_a_training_that_was_asked_for_goes_live(folder: Path, shop: Shop) -> None:
    job = jobs.ask(shop.db, "train", "anna")
    with working(folder):
        job = until(shop, job.number, is_over)
    assert (job.status, job.outcome) == ("done", f"Model 1 is live: {shop.models()[0].note}.")
    assert "read events" in job.log
    assert job.log.endswith(f"{job.outcome}\n")


def test_a_job_that_fails_says_why_and_the_next_one_is_done(folder: Path, tmp_path: Path) -> None:
    with Shop.open(tmp_path / "empty") as empty, working(tmp_path / "empty"):
        failed, fine = (jobs.ask(empty.db, kind, "anna").number for kind in ("train", "count"))
        assert until(empty, fine, is_over).status == "done"
        job = jobs.get(empty.db, failed)
    assert (job.status, "no events" in (job.outcome or "")) == ("failed", True)


def test_an_unknown_kind_in_the_table_fails_alone(folder: Path, shop: Shop) -> None:
    job = jobs.ask(shop.db, "dance", "anna")
    with working(folder):
        assert "there is no job 'dance'" in (until(shop, job.number, is_over).outcome or "")


def test_a_job_that_runs_can_be_called_off(folder: Path, shop: Shop) -> None:
    number = jobs.ask(shop.db, "train", "anna").number
    with working(folder):
        until(shop, number, lambda job: job.status == "running")
        jobs.call_off(shop.db, number)
        assert until(shop, number, is_over).status == "called off"
    assert shop.models() == []


def test_a_second_worker_waits_and_takes_over(folder: Path, shop: Shop) -> None:
    with working(folder):
        jobs.ask(shop.db, "count", "anna")
        first = leases.holder(shop.db, "worker")
        with working(folder) as second:
            time.sleep(0.2)
            assert leases.holder(shop.db, "worker") == first or first is None
            second.stop()
    with working(folder):
        number = jobs.ask(shop.db, "count", "anna").number
        assert until(shop, number, is_over).status == "done"


def test_backups_are_kept_as_many_as_wanted(folder: Path, shop: Shop) -> None:
    (folder / "backups").mkdir()
    kept = [folder / "backups" / f"2026-01-0{day}-030000.zip" for day in (1, 2, 3)]
    other = folder / "backups" / "mine.zip"
    for file in (*kept, other):
        file.touch()
    number = jobs.ask(shop.db, "backup", "anna").number
    with working(folder, backups=2, clean_up_hour=0):
        job = until(shop, number, is_over)
    left = sorted(file.name for file in (folder / "backups").iterdir())
    assert (len(left), left[0], left[-1]) == (3, "2026-01-03-030000.zip", "mine.zip")
    assert "rows; 2 older ones were removed" in (job.outcome or "")


# --- What is due ------------------------------------------------------------------------------------------------------


def due(shop: Shop, started: int) -> list[str]:
    ask_what_is_due(shop, started)
    return [job.kind for job in jobs.list_(shop.db, 10) if job.status == "waiting"]


def test_what_nobody_ever_asked_for_is_due_from_its_next_time_on(shop: Shop) -> None:
    assert due(shop, now()) == []
    assert set(due(shop, now() - 2 * DAY)) == {
        "train",
        "count",
        "refresh",
        "experiments",
        "segments",
        "marts",
        "drift",
        "clean-up",
    }


def test_what_was_asked_for_since_is_not_due(shop: Shop) -> None:
    for kind in ("train", "clean-up", "count", "refresh", "experiments", "segments", "marts", "drift"):
        jobs.ask(shop.db, kind, "anna")
    lease = leases.take(shop.db, "worker")
    while job := jobs.start_next(shop.db, lease):
        jobs.end(shop.db, lease, job.number, "done", "", "")
    assert due(shop, now() - 2 * DAY) == []


def test_a_job_that_ends_its_worker_again_and_again_is_given_up(shop: Shop) -> None:
    started = now() - 2 * DAY
    for life in range(MOST_LOST + 1):
        assert ("train" in due(shop, started)) == (life < MOST_LOST)
        lease = leases.take(shop.db, "worker", silence=0.0)
        while job := jobs.start_next(shop.db, lease):
            if job.kind == "train":
                break
            jobs.end(shop.db, lease, job.number, "done", "", "")
        jobs.start_next(shop.db, leases.take(shop.db, "worker", silence=0.0))


@pytest.mark.parametrize(
    ("hour", "ago"), [(3, 9 * HOUR), (12, 0), (13, 23 * HOUR)], ids=["this morning", "now", "yesterday"]
)
def test_a_daily_job_is_due_since_its_hour(folder: Path, hour: int, ago: int) -> None:
    noon = 20_000 * DAY + 12 * HOUR
    section = Settings.read(folder, worker={"train_hour": hour, "count_minutes": 5}).worker
    assert kind_named("train").due(section, noon) == noon - ago
    assert kind_named("count").due(section, noon) == noon - 5 * MINUTE


def test_what_nobody_wants_is_never_due(folder: Path) -> None:
    section = Settings.read(folder, worker=NEVER).worker
    never = [kind.name for kind in KINDS if kind.due(section, now()) is None]
    assert never == ["train", "count", "refresh", "experiments", "backup"]


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(
        InputError, match="choose from train, count, refresh, experiments, segments, marts, drift, clean-up, backup"
    ):
        kind_named("dance")


def test_whoever_was_erased_on_another_machine_leaves_this_ones_copy(shop: Shop) -> None:
    with copy_of(shop.settings).current(shop.db) as events:
        assert "user-1" in events.collect()["user_id"].to_list()
    people.erase(shop.db, "user-1")
    kind_named("clean-up").run(shop, silent)
    left = [pl.read_parquet(file) for file in (shop.settings.folder / "columns").glob("*.parquet")]
    assert all("user-1" not in frame["user_id"].to_list() for frame in left)
