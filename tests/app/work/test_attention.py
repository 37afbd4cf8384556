"""What needs attention: each concern where it is due, and nothing where all is well."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.work.attention import OLD_MODEL, Concern, attention
from aisle.app.work.kinds import BACKUPS
from aisle.app.work.worker import LEASE
from aisle.insights.finding import Severity
from aisle.shop.moments import DAY, now
from aisle.shop.rejects import Reject
from aisle.storage.log import rejects
from aisle.storage.shelves import days, drift
from aisle.storage.shelves.days import Counts
from aisle.storage.shelves.drift import DriftRow
from aisle.storage.work import jobs, leases


@pytest.fixture
def shop(trained_folder: Path, tmp_path: Path) -> Iterator[Shop]:
    with Shop(Settings.read(shutil.copytree(trained_folder, tmp_path / "shop"))) as shop:
        yield shop


def concerns(shop: Shop, moment: int | None = None) -> dict[str, Concern]:
    return {concern.what: concern for concern in attention(shop.db, shop.settings, moment=moment)}


def test_a_new_shop_needs_events_a_model_and_a_catalogue(tmp_path: Path) -> None:
    from aisle.app.data.setup import make_shop

    make_shop(tmp_path / "new")
    with Shop(Settings.read(tmp_path / "new")) as new:
        found = attention(new.db, new.settings)
    assert [concern.what for concern in found[:2]] == ["There are no events yet", "No model is live"]
    assert found[1].job == "train"
    assert "The catalogue is empty" in [concern.what for concern in found]
    assert sorted(found, key=lambda concern: list(Severity).index(concern.severity)) == found


def test_a_backup_a_worker_and_missing_fields(shop: Shop) -> None:
    found = concerns(shop)
    assert found["There is no backup"].job == "backup"
    assert "No worker runs" in found
    assert found["19 of 20 items lack an image"].page == "/console/catalogue?missing=image_url"
    folder = shop.settings.folder / BACKUPS
    folder.mkdir()
    (folder / "2026-01-01-000000.zip").touch()
    lease = leases.take(shop.db, LEASE)
    assert not {"There is no backup", "No worker runs"} & set(concerns(shop))
    assert "The newest backup is 3 days old" in concerns(shop, now() + 3 * DAY + 1)
    leases.give_back(shop.db, lease)
    jobs.ask(shop.db, "count", "anna")
    assert "No worker runs; 1 jobs wait" in concerns(shop)


def test_an_old_model(shop: Shop) -> None:
    assert concerns(shop, now() + OLD_MODEL + DAY)["Model 1 is 8 days old"].job == "train"


def test_a_live_model_whose_files_are_damaged(shop: Shop) -> None:
    what = "The files of model 1 are damaged"
    assert what not in concerns(shop)
    (shop.settings.bundles / "000001" / "popular.scores.npy").write_bytes(b"cut off")
    assert concerns(shop)[what].job == "train"


def test_the_last_job_of_a_kind_that_failed(shop: Shop) -> None:
    lease = leases.take(shop.db, LEASE)
    for status in ("done", "failed"):
        job = jobs.ask(shop.db, "train", "anna")
        jobs.start_next(shop.db, lease)
        jobs.end(shop.db, lease, job.number, status, "the disk is full", "")
    (failed,) = [concern for what, concern in concerns(shop).items() if "failed" in what]
    assert (failed.severity, failed.advice, failed.job) == (Severity.SERIOUS, "the disk is full", "train")
    job = jobs.ask(shop.db, "train", "anna")
    jobs.start_next(shop.db, lease)
    jobs.end(shop.db, lease, job.number, "done", "", "")
    assert not any("failed" in what for what in concerns(shop))


def test_drift_empty_shelves_and_rejects(shop: Shop) -> None:
    today = now() - now() % DAY
    rows = [
        DriftRow(today, "event mix", 0.4, 0.25, True, "views doubled"),
        DriftRow(today, "scores", 0.1, 0.25, False, "as before"),
    ]
    drift.replace(shop.db, today, rows)
    empty = (today, "bare", "personal", 3, "new", "", "", 7, *(0,) * 9)
    days.replace(shop.db, today, Counts([empty], [], [(today, "", *(0,) * 15)]), 1)
    rejects.add(shop.db, [Reject("a.csv", 1, "events", "no item", "{}")])
    found = concerns(shop)
    assert found["Drift of the event mix"].advice == "Views doubled."
    assert "Drift of the scores" not in found
    assert found["The shelf bare was served 7 times in the last week, without an item"].severity is Severity.SERIOUS
    assert found["A row was rejected and waits"].page == "/console/events"
