"""The jobs table: what the worker is asked to do, does and did."""

from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from aisle.shop.errors import Cancelled, InputError, NotFound
from aisle.shop.moments import from_moment, now
from aisle.storage.connection import Database
from aisle.storage.rows import transact
from aisle.storage.tables import jobs
from aisle.storage.work import leases
from aisle.storage.work.leases import Lease

Status = Literal["waiting", "running", "done", "failed", "called off", "lost"]

OPEN: Final = ("waiting", "running")

MOST_LOG: Final = 100_000
"""The longest log, in characters."""


class JobRow(NamedTuple):
    """A job."""

    number: int
    kind: str
    status: Status
    """`lost` is one whose worker ended in the middle of it."""
    asked_by: str
    asked: int
    started: int | None
    ended: int | None
    stage: str | None
    share: float | None
    """How much of the stage is done, from 0 to 1."""
    log: str
    outcome: str | None
    """What came of it, in a sentence."""
    called_off: bool
    """Whether somebody called it off; it ends at its next step."""


def ask(db: Database, kind: str, asked_by: str) -> JobRow:
    """Ask for a job; where one of its kind waits already, that is it."""

    def work(connection: Connection) -> int:
        waiting = select(jobs.c.number).where(jobs.c.kind == kind, jobs.c.status == "waiting")
        known = connection.execute(waiting).scalars().first()
        if known is not None:
            return int(known)
        values = {
            "kind": kind,
            "status": "waiting",
            "asked_by": asked_by,
            "asked": now(),
            "log": "",
            "called_off": False,
        }
        key = connection.execute(insert(jobs).values(values)).inserted_primary_key
        return int(key[0])  # type: ignore[index]

    return get(db, transact(db, work))


def get(db: Database, number: int) -> JobRow:
    """Return a job.

    Raises
    ------
    NotFound
        If there is none of this number.
    """
    with db.read() as connection:
        return _get(connection, number)


def list_(db: Database, n: int) -> list[JobRow]:
    """Return the newest jobs, newest first."""
    with db.read() as connection:
        rows = connection.execute(select(jobs).order_by(jobs.c.number.desc()).limit(n))
        return [_job(row) for row in rows]


def newest(db: Database, kind: str) -> JobRow | None:
    """Return the newest job of a kind, or None."""
    query = select(jobs).where(jobs.c.kind == kind).order_by(jobs.c.number.desc()).limit(1)
    with db.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else _job(row)


def last_asked(db: Database, kind: str) -> int | None:
    """Return when a job of a kind that was not lost was last asked for."""
    query = select(func.max(jobs.c.asked)).where(jobs.c.kind == kind, jobs.c.status != "lost")
    with db.read() as connection:
        return connection.execute(query).scalar()


def times_lost(db: Database, kind: str, since: int) -> int:
    """Return how many jobs of a kind were lost that were asked for since a moment."""
    query = select(func.count()).where(jobs.c.kind == kind, jobs.c.status == "lost", jobs.c.asked >= since)
    with db.read() as connection:
        return connection.execute(query).scalar_one()


def call_off(db: Database, number: int) -> JobRow:
    """Call a job off: one that waits is over, one that runs ends at its next step.

    Raises
    ------
    NotFound
        If there is none of this number.
    InputError
        If it is over.
    """

    def work(connection: Connection) -> JobRow:
        job = _get(connection, number, lock=True)
        if job.status not in OPEN:
            raise InputError(f"job {number} is over: {job.status}")
        ended = {"status": "called off", "ended": now()} if job.status == "waiting" else {}
        _change(connection, number, called_off=True, **ended)
        return _get(connection, number)

    return transact(db, work)


# --- For the worker, which holds a lease ------------------------------------------------------------------------------


def start_next(db: Database, lease: Lease) -> JobRow | None:
    """Start the job that waits longest, if one does; those of an earlier worker that ended in the middle are lost.

    Raises
    ------
    Overtaken
        If another worker took over.
    """

    def work(connection: Connection) -> JobRow | None:
        leases.check(connection, lease)
        lost = {"status": "lost", "ended": now(), "outcome": "the worker ended in the middle of it"}
        connection.execute(update(jobs).where(jobs.c.status == "running").values(lost))
        waiting = select(jobs.c.number).where(jobs.c.status == "waiting").order_by(jobs.c.number).limit(1)
        number = connection.execute(waiting).scalars().first()
        if number is None:
            return None
        _change(connection, number, status="running", started=now())
        return _get(connection, number)

    return transact(db, work)


def report(db: Database, lease: Lease, number: int, stage: str, share: float | None, log: str) -> None:
    """Tell how far a job is.

    Raises
    ------
    Cancelled
        If it was called off.
    Overtaken
        If another worker took over.
    """

    def work(connection: Connection) -> bool:
        leases.check(connection, lease)
        _change(connection, number, stage=stage, share=share, log=log[-MOST_LOG:])
        return _get(connection, number).called_off

    if transact(db, work):
        raise Cancelled(f"job {number} was called off")


def end(db: Database, lease: Lease, number: int, status: Status, outcome: str, log: str) -> None:
    """Tell what came of a job.

    Raises
    ------
    Overtaken
        If another worker took over.
    """

    def work(connection: Connection) -> None:
        leases.check(connection, lease)
        _change(connection, number, status=status, ended=now(), outcome=outcome, log=log[-MOST_LOG:])

    transact(db, work)


def line(moment: int, text: str) -> str:
    """Return a line of a log."""
    return f"{from_moment(moment):%H:%M:%S} {text}\n"


def _get(connection: Connection, number: int, *, lock: bool = False) -> JobRow:
    query = select(jobs).where(jobs.c.number == number)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound(f"there is no job {number}; `aisle jobs list` shows the newest ones")
    return _job(row)


def _change(connection: Connection, number: int, **values: Any) -> None:
    connection.execute(update(jobs).where(jobs.c.number == number).values(values))


def _job(row: Row[Any]) -> JobRow:
    return JobRow._make(row)
