"""The worker: it asks for jobs when they are due, and does one after the other.

Of several workers of a shop one works; the others wait to take over. A worker that stood still, and was given up,
notices at its next step that another has taken over, and stops what it does.
"""

import logging
import threading
import time
from typing import Final

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.work.kinds import KINDS, Kind, kind_named
from aisle.shop.errors import AisleError, Busy, Cancelled, Overtaken, StorageError
from aisle.shop.moments import now
from aisle.storage.work import jobs, leases
from aisle.storage.work.jobs import JobRow
from aisle.storage.work.leases import Lease

LEASE: Final = "worker"

SCHEDULE: Final = "the schedule"
"""Who asks for jobs that are due."""

MOST_LOST: Final = 2
"""A job that is due is asked for again so often if its worker ends in the middle: it may be what ends the worker."""

_PAUSE_SECONDS: Final = 1.0
_REPORT_SECONDS: Final = 1.0

_log: Final = logging.getLogger(__name__)


class Worker:
    """Does a shop's jobs until it is told to stop.

    Parameters
    ----------
    settings
        The shop's settings.
    silence
        After so many seconds without a sign of life another worker takes over.
    """

    def __init__(self, settings: Settings, silence: float = leases.SILENCE) -> None:
        self._settings = settings
        self._silence = silence
        self._stopping = threading.Event()
        self._started = now()

    def stop(self) -> None:
        """Stop after the step at hand: a job that runs is called off."""
        self._stopping.set()

    def run(self) -> None:
        """Work until told to stop; what fails is told in its job's row and in the log.

        Raises
        ------
        DatabaseUnavailable
            If the shop has no database.
        """
        with Shop(self._settings) as shop:
            while not self._stopping.is_set():
                try:
                    with leases.held(shop.db, LEASE, self._silence) as lease:
                        self._work(shop, lease)
                except Busy:
                    self._stopping.wait(_PAUSE_SECONDS)
                except (Overtaken, StorageError) as error:
                    _log.warning("%s", error)
                    self._stopping.wait(_PAUSE_SECONDS)

    def _work(self, shop: Shop, lease: Lease) -> None:
        while not self._stopping.is_set():
            ask_what_is_due(shop, self._started)
            job = jobs.start_next(shop.db, lease)
            if job is None:
                self._stopping.wait(_PAUSE_SECONDS)
            else:
                self._do(shop, lease, job)

    def _do(self, shop: Shop, lease: Lease, job: JobRow) -> None:
        _log.info("job %d, %s, begins", job.number, job.kind)
        report = Report(shop, lease, job.number, self._stopping)
        status: jobs.Status
        try:
            status, outcome = "done", kind_named(job.kind).run(shop, report)
        except Cancelled as error:
            status, outcome = "called off", str(error)
        except Overtaken:
            raise
        except AisleError as error:
            status, outcome = "failed", str(error)
        except Exception as error:  # a job's fault must not end the worker
            _log.exception("job %d", job.number)
            status, outcome = "failed", f"{type(error).__name__}: {error}"
        report.end(status, outcome)
        _log.info("job %d, %s, %s: %s", job.number, job.kind, status, outcome)


class Report:
    """Writes how far a job is into its row: a `Progress`, which raises where the job has to end.

    Parameters
    ----------
    stopping
        Set when the worker is told to stop.
    """

    def __init__(self, shop: Shop, lease: Lease, number: int, stopping: threading.Event) -> None:
        self._shop = shop
        self._lease = lease
        self._number = number
        self._stopping = stopping
        self._stage = ""
        self._log = ""
        self._next = 0.0

    def __call__(self, stage: str, done: float, total: float | None, rows: int = 0) -> None:  # noqa: ARG002  as of `Progress`
        """Note a step, at most once a second within a stage.

        Raises
        ------
        Cancelled
            If the job was called off, or the worker is told to stop.
        Overtaken
            If another worker took over.
        """
        if self._stopping.is_set():
            raise Cancelled("the worker was told to stop")
        if stage == self._stage and time.monotonic() < self._next:
            return
        if stage != self._stage:
            self._log += jobs.line(now(), stage)
        self._stage, self._next = stage, time.monotonic() + _REPORT_SECONDS
        share = min(1.0, done / total) if total else None
        jobs.report(self._shop.db, self._lease, self._number, stage, share, self._log)

    def end(self, status: jobs.Status, outcome: str) -> None:
        """Note what came of the job."""
        self._log += jobs.line(now(), outcome)
        jobs.end(self._shop.db, self._lease, self._number, status, outcome, self._log)


def ask_what_is_due(shop: Shop, started: int) -> None:
    """Ask for the jobs that are due and were not asked for since then.

    Parameters
    ----------
    started
        When the worker started: what nobody ever asked for is due from its next time on.
    """
    for kind in KINDS:
        if _is_due(shop, kind, started):
            jobs.ask(shop.db, kind.name, SCHEDULE)


def _is_due(shop: Shop, kind: Kind, started: int) -> bool:
    since = kind.due(shop.settings.worker, now())
    if since is None:
        return False
    asked = jobs.last_asked(shop.db, kind.name)
    return (started if asked is None else asked) < since and jobs.times_lost(shop.db, kind.name, since) < MOST_LOST
