"""The rules of placements that the team publishes: every version, who published it and when it holds.

A version holds from `starts` to `ends`; one without either holds from now on. At any moment the newest version with a
schedule that holds counts, and where none does, the newest one without a schedule. Nothing is changed or removed but
the mark that a version was taken back.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, func, insert, or_, select, update

from aisle.shop.errors import Conflict, NotFound, Refused
from aisle.shop.moments import now
from aisle.storage.connection import Database
from aisle.storage.database.dialects import text_of
from aisle.storage.rows import transact
from aisle.storage.tables import placement_rules

_COLUMNS: Final = placement_rules.c
_COUNTS: Final = and_(_COLUMNS.rules.is_not(None), ~_COLUMNS.undone)
_SCHEDULED: Final = or_(_COLUMNS.starts.is_not(None), _COLUMNS.ends.is_not(None))
_LASTING: Final = (
    select(_COLUMNS.placement, func.max(_COLUMNS.version).label("version"))
    .where(_COUNTS, ~_SCHEDULED)
    .group_by(_COLUMNS.placement)
    .subquery()
)
_IS_LASTING: Final = and_(_COLUMNS.placement == _LASTING.c.placement, _COLUMNS.version == _LASTING.c.version)
_TO_COME: Final = and_(_COUNTS, _SCHEDULED, or_(_COLUMNS.ends.is_(None), _COLUMNS.ends > bindparam("moment")))
_COUNTING: Final = (
    select(*_COLUMNS)
    .outerjoin(_LASTING, _IS_LASTING)
    .where(or_(_LASTING.c.version.is_not(None), _TO_COME))
    .order_by(_COLUMNS.placement, _COLUMNS.version)
)
"""The newest version of each placement without a schedule, and those whose schedule is not over."""


class RulesRow(NamedTuple):
    """A version of a placement's rules."""

    placement: str
    version: int
    rules: str | None
    """A JSON object; None for a row that takes back another version."""
    starts: int | None
    ends: int | None
    author: str
    created: int
    undoes: int | None
    undone: bool
    """Whether it was taken back."""

    @property
    def is_scheduled(self) -> bool:
        """Whether it holds for a time only."""
        return self.starts is not None or self.ends is not None

    def holds(self, moment: int) -> bool:
        """Return whether its time is at a moment."""
        return (self.starts is None or self.starts <= moment) and (self.ends is None or moment < self.ends)


def counting(db: Database, moment: int) -> list[RulesRow]:
    """Return the versions that count at a moment or will later, by placement and version."""
    return [_row(row) for row in db.rows(_COUNTING, {"moment": moment})]


def history(db: Database, placement: str) -> list[RulesRow]:
    """Return every version of a placement's rules, newest first."""
    query = select(placement_rules).where(_COLUMNS.placement == placement).order_by(_COLUMNS.version.desc())
    with db.read() as connection:
        return [_row(row) for row in connection.execute(query)]


def newest(db: Database, placement: str) -> int:
    """Return the newest version of a placement's rules; 0 before any."""
    with db.read() as connection:
        return _newest(connection, placement)


def publish(
    db: Database, placement: str, rules: str, author: str, after: int, starts: int | None, ends: int | None
) -> RulesRow:
    """Publish rules as the version that follows the one that the author knows.

    Raises
    ------
    Conflict
        If somebody published or took back rules of this placement meanwhile.
    """
    row = RulesRow(placement, after + 1, rules, starts, ends, author, now(), None, False)
    return _one_at_a_time(db, placement, lambda connection: _add(connection, row))


def undo(db: Database, placement: str, author: str, after: int) -> RulesRow:
    """Take back the newest version that counts, and return it.

    Raises
    ------
    NotFound
        If none counts.
    Conflict
        As for `publish`.
    """

    def work(connection: Connection) -> RulesRow:
        moment = now()
        lasting = or_(_COLUMNS.ends.is_(None), _COLUMNS.ends > moment)
        query: Select[Any] = (
            select(placement_rules)
            .where(_COLUMNS.placement == placement, _COUNTS, lasting)
            .order_by(_COLUMNS.version.desc())
            .limit(1)
        )
        found = connection.execute(query).first()
        if found is None:
            raise NotFound(f"nothing is published for placement {placement!r} that could be taken back")
        target = _row(found)
        _add(connection, RulesRow(placement, after + 1, None, None, None, author, moment, target.version, False))
        this = and_(_COLUMNS.placement == placement, _COLUMNS.version == target.version)
        connection.execute(update(placement_rules).where(this).values(undone=True))
        return target._replace(undone=True)

    return _one_at_a_time(db, placement, work)


def _one_at_a_time(db: Database, placement: str, work: Callable[[Connection], RulesRow]) -> RulesRow:
    """Do some work that adds a row; of two authors at the same moment, whose rows have one key, the later one hears."""
    try:
        return transact(db, work)
    except Refused:
        raise _conflict(placement, newest(db, placement)) from None


def _conflict(placement: str, version: int) -> Conflict:
    return Conflict(
        f"the rules of placement {placement!r} are at version {version} meanwhile; look at what changed, then decide"
    )


def _add(connection: Connection, row: RulesRow) -> RulesRow:
    """Add a row that follows the newest one."""
    known = _newest(connection, row.placement)
    if known != row.version - 1:
        raise _conflict(row.placement, known)
    connection.execute(insert(placement_rules).values(**row._asdict()))
    return row


def _newest(connection: Connection, placement: str) -> int:
    query = select(func.max(_COLUMNS.version)).where(_COLUMNS.placement == placement)
    return int(connection.execute(query).scalar() or 0)


def _row(row: Any) -> RulesRow:
    """Read a row, as SQLAlchemy or as a driver gives it."""
    placement, version, rules, starts, ends, author, created, undoes, undone = row
    return RulesRow(text_of(placement), version, rules, starts, ends, author, created, undoes, bool(undone))
