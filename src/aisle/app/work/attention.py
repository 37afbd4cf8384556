"""What needs attention in a shop, most serious first, each with the job or the page that mends it."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from aisle.app.settings import Settings
from aisle.app.work.kinds import BACKUPS, KINDS
from aisle.app.work.worker import LEASE
from aisle.insights.catalogue import WANTED
from aisle.insights.finding import ORDER, Severity, graded
from aisle.models import registry
from aisle.shop.errors import AisleError
from aisle.shop.moments import DAY, format_minute, now
from aisle.storage.catalogue.coverage import Coverage, coverage
from aisle.storage.connection import Database
from aisle.storage.log import rejects, tail
from aisle.storage.shelves import days, drift
from aisle.storage.work import jobs, leases, models

OLD_MODEL: Final = 7 * DAY
"""A model of this age has not seen a week of shoppers."""

OLD_BACKUP: Final = 2 * DAY

FAILED: Final = ("failed", "lost")

CATALOGUE: Final = "/console/catalogue"
EVENTS: Final = "/console/events"


class Concern(NamedTuple):
    """One thing that needs attention."""

    severity: Severity
    what: str
    advice: str
    job: str | None = None
    """The job that mends it."""
    page: str | None = None
    """The page of the console that shows it."""


def attention(
    db: Database, settings: Settings, of_catalogue: Coverage | None = None, moment: int | None = None
) -> list[Concern]:
    """Return what needs attention.

    Parameters
    ----------
    of_catalogue
        What the catalogue has, where it is known already.
    moment
        Now, if it is not the clock's.

    Raises
    ------
    StorageError
        If the database refuses.
    """
    today = now() if moment is None else moment
    last = jobs.list_(db, 200)
    found = [
        *_events(db),
        *_model(db, settings, today),
        *_jobs(last),
        *_drift(db),
        *_shelves(db, today),
        *_backup(settings, last, today),
        *_worker(db, last),
        *_catalogue(of_catalogue or coverage(db)),
        *_rejects(db),
    ]
    return sorted(found, key=lambda concern: ORDER.index(concern.severity))


def _events(db: Database) -> Iterator[Concern]:
    if tail.pulse(db).newest is None:
        advice = "aisle import orders.csv brings what was sold so far; POST /api/events takes what happens from now on."
        yield Concern(Severity.SERIOUS, "There are no events yet", advice)


def _model(db: Database, settings: Settings, today: int) -> Iterator[Concern]:
    live = models.live(db)
    if live is None:
        advice = "Shelves show nothing personal before the first training."
        yield Concern(Severity.SERIOUS, "No model is live", advice, job="train")
        return
    try:
        registry.load(settings.bundles, live, verify=False)  # a page cannot wait until all of it is read
    except AisleError:
        advice = "A server that starts now shows what the model before knows, or bestsellers alone."
        yield Concern(Severity.SERIOUS, f"The files of model {live.version} are damaged", advice, job="train")
    if today - live.created > OLD_MODEL:
        age = (today - live.created) // DAY
        advice = "It knows nothing of what came since; the worker trains daily if it runs."
        yield Concern(Severity.WARNING, f"Model {live.version} is {age} days old", advice, job="train")


def _jobs(last: list[jobs.JobRow]) -> Iterator[Concern]:
    """Yield the kinds of jobs whose last one failed."""
    for kind in KINDS:
        newest = next((job for job in last if job.kind == kind.name and job.status not in jobs.OPEN), None)
        if newest is not None and newest.status in FAILED:
            when = format_minute(newest.ended or newest.asked)
            what = f"The last job to {kind.what} {'failed' if newest.status == 'failed' else 'was lost'} ({when} UTC)"
            yield Concern(Severity.SERIOUS, what, newest.outcome or "Its log says why.", job=kind.name)


def _drift(db: Database) -> Iterator[Concern]:
    for row in drift.newest(db):
        if row.beyond:
            yield Concern(
                Severity.WARNING, f"Drift of the {row.what}", f"{row.says[:1].upper()}{row.says[1:]}.", "train"
            )


def _shelves(db: Database, today: int) -> Iterator[Concern]:
    """Yield the placements that were served without a single item in the last week."""
    for placement, shelves in days.empty_placements(db, today - 7 * DAY):
        advice = "Loosen its rules in aisle.toml, or train again if its strategy has no model."
        what = f"The shelf {placement} was served {shelves:,} times in the last week, without an item"
        yield Concern(Severity.SERIOUS, what, advice, job="train")


def _backup(settings: Settings, last: list[jobs.JobRow], today: int) -> Iterator[Concern]:
    made = [job.ended for job in last if job.kind == "backup" and job.status == "done" and job.ended]
    files = [file.stat().st_mtime for file in (settings.folder / BACKUPS).glob("*.zip")]
    newest = max([*made, *(round(moment * 1_000_000) for moment in files)], default=None)
    if newest is None:
        advice = "[worker] backups in aisle.toml says how many daily ones are kept."
        yield Concern(Severity.WARNING, "There is no backup", advice, job="backup")
    elif today - newest > OLD_BACKUP:
        what = f"The newest backup is {(today - newest) // DAY} days old"
        yield Concern(Severity.WARNING, what, "A loss of the disk would cost all that came since.", job="backup")


def _worker(db: Database, last: list[jobs.JobRow]) -> Iterator[Concern]:
    if leases.holder(db, LEASE) is None:
        waiting = sum(job.status == "waiting" for job in last)
        what = f"No worker runs; {waiting} jobs wait" if waiting else "No worker runs"
        advice = "aisle serve --with-worker runs one beside the server, aisle worker one by itself."
        yield Concern(Severity.WARNING, what, advice)


def _catalogue(counts: Coverage) -> Iterator[Concern]:
    if counts.items == 0:
        advice = "aisle import catalogue.csv --as items brings titles, prices, images and categories."
        yield Concern(Severity.WARNING, "The catalogue is empty", advice)
        return
    for name, wanted in WANTED.items():
        lacking = counts.items - counts.having[name]
        severity = graded(lacking / counts.items, *wanted.shares)
        if lacking and severity is not Severity.INFO:
            what = f"{lacking:,} of {counts.items:,} items lack {wanted.article}"
            yield Concern(severity, what, wanted.advice, page=f"{CATALOGUE}?missing={name}")


def _rejects(db: Database) -> Iterator[Concern]:
    if count := rejects.count(db):
        what = f"{count:,} rows were rejected and wait" if count > 1 else "A row was rejected and waits"
        yield Concern(Severity.INFO, what, "Correct and replay them, or leave them be.", page=EVENTS)
