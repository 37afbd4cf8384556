"""The experiments table: every version of every experiment, and what became of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from aisle.shop import columns
from aisle.shop.errors import InputError, NotFound
from aisle.storage.connection import Database
from aisle.storage.frames import frames_of
from aisle.storage.rows import transact
from aisle.storage.tables import experiments, impressions

if TYPE_CHECKING:
    import polars as pl

State = Literal["draft", "running", "stopped"]

_SERVED: Final = (
    columns.RECOMMENDATION_ID,
    columns.TIMESTAMP,
    columns.USER_ID,
    columns.SESSION_ID,
    columns.MODEL_VERSION,
    columns.FALLBACK,
    columns.VARIANT,
)
_ROWS: Final = 50_000


class ExperimentRow(NamedTuple):
    """A version of an experiment."""

    name: str
    version: int
    definition: str
    """As JSON."""
    state: State
    first: float
    """Where its part of the layer begins, from 0 to 1."""
    reach: float
    """How far that part reaches now."""
    planned: float
    """How many units it was planned with; 0 for one that was not started."""
    created: int
    started: int | None
    stepped: int | None
    """When its reach last grew."""
    stopped: int | None
    reason: str | None
    """Why it was stopped."""


def add(db: Database, name: str, definition: str, moment: int) -> ExperimentRow:
    """Add an experiment as a draft, or a new version of one; a draft of that name gives way.

    Raises
    ------
    InputError
        If one of that name runs.
    """

    def work(connection: Connection) -> int:
        newest = _newest(connection, name)
        if newest is not None and newest.state == "running":
            raise InputError(
                f"experiment {name} runs since it was started, and does not change meanwhile; "
                f"aisle experiments stop {name}, and create it again as version {newest.version + 1}"
            )
        version = 1 if newest is None else newest.version + (newest.state != "draft")
        row = ExperimentRow(name, version, definition, "draft", 0.0, 0.0, 0.0, moment, None, None, None, None)
        if newest is not None and newest.state == "draft":
            connection.execute(update(experiments).where(*_this(name, version)).values(row._asdict()))
        else:
            connection.execute(insert(experiments).values(row._asdict()))
        return version

    return get(db, name, transact(db, work))


def change(db: Database, row: ExperimentRow, state: State, values: Mapping[str, Any]) -> ExperimentRow:
    """Change what is known of an experiment that is in a state.

    Raises
    ------
    InputError
        If it is in another state: somebody else was first.
    """

    def work(connection: Connection) -> None:
        query = update(experiments).where(*_this(row.name, row.version), experiments.c.state == state)
        if connection.execute(query.values(dict(values))).rowcount == 0:
            newest = _newest(connection, row.name)
            raise InputError(f"experiment {row.name} is not {state} but {newest.state if newest else 'gone'}")

    transact(db, work)
    return get(db, row.name, row.version)


def get(db: Database, name: str, version: int | None = None) -> ExperimentRow:
    """Return a version of an experiment; the newest by default.

    Raises
    ------
    NotFound
        If there is none.
    """
    with db.read() as connection:
        row = _newest(connection, name, version)
    if row is None:
        known = ", ".join(sorted({one.name for one in list_(db)})) or "none"
        wanted = name if version is None else f"{name} of version {version}"
        raise NotFound(f"there is no experiment {wanted}; those there are: {known}")
    return row


def list_(db: Database) -> list[ExperimentRow]:
    """Return every version of every experiment, newest first."""
    with db.read() as connection:
        rows = connection.execute(select(experiments).order_by(experiments.c.created.desc(), experiments.c.name))
        return [_row(row) for row in rows]


def running(db: Database) -> list[ExperimentRow]:
    """Return those that run, in the order in which they were started."""
    query = select(experiments).where(experiments.c.state == "running")
    with db.read() as connection:
        return [_row(row) for row in connection.execute(query.order_by(experiments.c.started, experiments.c.name))]


def served(db: Database, since: int, until: int) -> "pl.DataFrame":
    """Return the shelves of any experiment that were served from a moment up to, not including, another."""
    import polars as pl

    from aisle.shop.schemas import schema_of

    moment, types = impressions.c.timestamp, {name: columns.IMPRESSIONS[name] for name in _SERVED}
    query = select(*(impressions.c[name] for name in _SERVED)).where(moment >= since, moment < until)
    with db.read() as connection:
        frames = frames_of(connection, query.where(impressions.c.variant.is_not(None)), types, _ROWS)
        return pl.concat([schema_of(types).to_frame(), *frames])


def _newest(connection: Connection, name: str, version: int | None = None) -> ExperimentRow | None:
    number = select(func.max(experiments.c.version)).where(experiments.c.name == name)
    wanted = number.scalar_subquery() if version is None else version
    row = connection.execute(select(experiments).where(*_this(name, wanted))).first()
    return None if row is None else _row(row)


def _this(name: str, version: Any) -> tuple[Any, ...]:
    return experiments.c.name == name, experiments.c.version == version


def _row(row: Row[Any]) -> ExperimentRow:
    return ExperimentRow._make(row)
