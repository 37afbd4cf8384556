"""The jobs of the worker, on every database."""

from collections.abc import Callable

import pytest

from aisle.shop.errors import Cancelled, InputError, NotFound, Overtaken
from aisle.storage.connection import Database
from aisle.storage.work import jobs, leases
from aisle.storage.work.leases import Lease


@pytest.fixture
def lease(db: Database) -> Lease:
    return leases.take(db, "worker")


def test_jobs_are_done_in_the_order_in_which_they_were_asked_for(db: Database, lease: Lease) -> None:
    first, second = jobs.ask(db, "train", "anna"), jobs.ask(db, "count", "bert")
    assert (first.status, first.asked_by) == ("waiting", "anna")
    for job in (first, second):
        started = jobs.start_next(db, lease)
        assert started is not None
        assert (started.number, started.status) == (job.number, "running")
        jobs.end(db, lease, job.number, "done", "well", "log\n")
    assert jobs.start_next(db, lease) is None
    assert [(job.kind, job.status, job.outcome) for job in jobs.list_(db, 5)] == [
        ("count", "done", "well"),
        ("train", "done", "well"),
    ]


def test_what_waits_already_is_not_asked_for_twice(db: Database, lease: Lease) -> None:
    waiting = jobs.ask(db, "train", "anna")
    assert jobs.ask(db, "train", "bert") == waiting
    jobs.start_next(db, lease)
    assert jobs.ask(db, "train", "bert").number != waiting.number


def test_how_far_a_job_is_can_be_read_while_it_runs(db: Database, lease: Lease) -> None:
    number = jobs.ask(db, "train", "anna").number
    jobs.start_next(db, lease)
    jobs.report(db, lease, number, "fit", 0.5, "12:00:00 fit\n")
    job = jobs.get(db, number)
    assert (job.stage, job.share, job.log) == ("fit", 0.5, "12:00:00 fit\n")
    jobs.report(db, lease, number, "fit", None, "x" * (jobs.MOST_LOG + 5))
    assert len(jobs.get(db, number).log) == jobs.MOST_LOG


def test_a_job_that_waits_is_called_off_at_once_and_one_that_runs_at_its_next_step(db: Database, lease: Lease) -> None:
    running, waiting = jobs.ask(db, "train", "anna").number, jobs.ask(db, "count", "anna").number
    jobs.start_next(db, lease)
    assert jobs.call_off(db, waiting).status == "called off"
    assert jobs.call_off(db, running).status == "running"
    with pytest.raises(Cancelled, match=f"job {running} was called off"):
        jobs.report(db, lease, running, "fit", None, "")
    assert jobs.start_next(db, lease) is None


def test_a_job_that_is_over_cannot_be_called_off(db: Database, lease: Lease) -> None:
    number = jobs.ask(db, "train", "anna").number
    jobs.start_next(db, lease)
    jobs.end(db, lease, number, "failed", "no events", "")
    with pytest.raises(InputError, match=f"job {number} is over: failed"):
        jobs.call_off(db, number)
    with pytest.raises(NotFound, match="there is no job 99"):
        jobs.call_off(db, 99)


def test_the_job_of_a_worker_that_ended_is_lost(db: Database) -> None:
    dead = leases.take(db, "worker", silence=0.0)
    number = jobs.ask(db, "train", "the schedule").number
    asked = jobs.last_asked(db, "train")
    jobs.start_next(db, dead)
    after = leases.take(db, "worker")
    assert jobs.start_next(db, after) is None
    assert jobs.get(db, number).status == "lost"
    assert jobs.last_asked(db, "train") is None
    assert jobs.times_lost(db, "train", asked or 0) == 1
    late: Callable[[], object]
    for late in (
        lambda: jobs.report(db, dead, number, "fit", None, ""),
        lambda: jobs.end(db, dead, number, "done", "", ""),
        lambda: jobs.start_next(db, dead),
    ):
        with pytest.raises(Overtaken):
            late()
    assert jobs.get(db, number).status == "lost"
