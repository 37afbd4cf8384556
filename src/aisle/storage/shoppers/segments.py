"""The segments tables: groups of shoppers, and who belongs to them since when."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from aisle.shop.errors import InputError, NotFound, Refused
from aisle.shop.moments import DAY, now
from aisle.storage.connection import Database
from aisle.storage.database.dialects import insert_all
from aisle.storage.parts import parts
from aisle.storage.rows import transact
from aisle.storage.shoppers import erased
from aisle.storage.tables import segment_days, segment_members, segments

KEEP_DAYS: Final = 400
"""How long it is kept that somebody belonged to a segment who does not any more."""


class SegmentRow(NamedTuple):
    """A segment."""

    number: int
    name: str
    rule: str
    """JSON, as `insights.segments.rules` reads it."""
    created: int
    updated: int | None
    """When its members were last found; None if they were not yet."""
    size: int | None
    """How many members were found."""


class Moved(NamedTuple):
    """Who came to a segment, and who left it."""

    members: int
    joined: int
    left: int


# --- Segments ---------------------------------------------------------------------------------------------------------


def add(db: Database, name: str, rule: str) -> SegmentRow:
    """Add a segment without members yet.

    Raises
    ------
    InputError
        If there is one of this name.
    """
    try:
        with db.write() as connection:
            connection.execute(insert(segments).values(name=name, rule=rule, created=now()))
    except Refused:
        raise InputError(f"there is a segment {name!r} already; choose another name, or delete it first") from None
    return get(db, name)


def list_(db: Database) -> list[SegmentRow]:
    """Return all segments in the order in which they were made."""
    with db.read() as connection:
        return [SegmentRow._make(row) for row in connection.execute(select(segments).order_by(segments.c.number))]


def get(db: Database, name: str) -> SegmentRow:
    """Return a segment.

    Raises
    ------
    NotFound
        If there is none of this name.
    """
    with db.read() as connection:
        row = connection.execute(select(segments).where(segments.c.name == name)).first()
        names = [] if row else connection.execute(select(segments.c.name).order_by(segments.c.number)).scalars().all()
    if row is None:
        raise NotFound(f"there is no segment {name!r}; there are: {', '.join(names) or 'none'}")
    return SegmentRow._make(row)


def remove(db: Database, name: str) -> None:
    """Remove a segment, who belongs to it, and what was counted of it.

    Raises
    ------
    NotFound
        If there is none of this name.
    """
    number = get(db, name).number

    def work(connection: Connection) -> None:
        connection.execute(delete(segments).where(segments.c.number == number))
        for table in (segment_members, segment_days):
            connection.execute(delete(table).where(table.c.segment == number))

    transact(db, work)


# --- Members ----------------------------------------------------------------------------------------------------------


def set_members(db: Database, number: int, user_ids: Collection[str], moment: int) -> Moved:
    """Note who belongs to a segment from a moment on, in one transaction; only who joins or leaves is written.

    Raises
    ------
    NotFound
        If the segment was removed.
    """

    def work(connection: Connection) -> Moved:
        row = select(segments.c.number).where(segments.c.number == number)
        if connection.execute(row.with_for_update()).first() is None:
            raise NotFound(f"segment {number} was deleted meanwhile")
        wanted = set(user_ids)
        wanted -= erased.among(connection, wanted)
        mine = segment_members.c.segment == number
        known = set(connection.execute(select(segment_members.c.user_id).where(mine, _STILL)).scalars())
        joined, left = sorted(wanted - known), sorted(known - wanted)
        for some in parts(left):
            theirs = mine & _STILL & segment_members.c.user_id.in_(some)
            connection.execute(delete(segment_members).where(theirs, segment_members.c.since >= moment))
            connection.execute(update(segment_members).where(theirs).values(until=moment))
        insert_all(connection, segment_members, [(number, user_id, moment, None) for user_id in joined])
        connection.execute(delete(segment_members).where(mine, segment_members.c.until < moment - KEEP_DAYS * DAY))
        connection.execute(update(segments).where(segments.c.number == number).values(updated=moment, size=len(wanted)))
        return Moved(len(wanted), len(joined), len(left))

    return transact(db, work)


_STILL: Final[ColumnElement[bool]] = segment_members.c.until.is_(None)


def members(db: Database, number: int) -> list[tuple[str, int]]:
    """Return who belongs to a segment, and since when, in the order of their ids."""
    query = select(segment_members.c.user_id, segment_members.c.since)
    mine = query.where(segment_members.c.segment == number, _STILL).order_by(segment_members.c.user_id)
    with db.read() as connection:
        return [(user_id, since) for user_id, since in connection.execute(mine)]


def is_of(user_id: ColumnElement[str | None], number: int) -> ColumnElement[bool]:
    """Return the condition that a user belongs to a segment."""
    return user_id.in_(select(segment_members.c.user_id).where(segment_members.c.segment == number, _STILL))


def sizes(db: Database, number: int) -> list[tuple[int, int]]:
    """Return how many belonged to a segment at the end of each day on which somebody came or left, oldest first."""
    with db.read() as connection:
        came = dict(_by_day(connection, segment_members.c.since, number))
        went = dict(_by_day(connection, segment_members.c.until, number))
    size, found = 0, []
    for day in sorted(came.keys() | went.keys()):
        size += came.get(day, 0) - went.get(day, 0)
        found.append((day, size))
    return found


def _by_day(connection: Connection, moment: ColumnElement[int], number: int) -> list[tuple[int, int]]:
    moments = select((moment - moment % DAY).label("day")).where(
        segment_members.c.segment == number, moment.is_not(None)
    )
    day = moments.subquery().c.day
    counted = connection.execute(select(day, func.count()).group_by(day))
    return [(int(day), int(count)) for day, count in counted]


def of_users(db: Database, user_ids: Sequence[str], moment: int, first: Mapping[int, int]) -> list[tuple[str, int]]:
    """Return the segments, by their numbers, to which some users belonged at a moment.

    Before the members of a segment were first found, it has those who were found then.

    Parameters
    ----------
    first
        What `first_found` returns. Other segments are left out.
    """
    table = segment_members
    query = select(table.c.user_id, table.c.segment, table.c.since)
    stayed = query.where(or_(_STILL, table.c.until > moment))
    with db.read() as connection:
        found = [row for some in parts(user_ids) for row in connection.execute(stayed.where(table.c.user_id.in_(some)))]
    in_time = {(user, segment) for user, segment, since in found if since <= max(moment, first.get(segment, -1))}
    return sorted(pair for pair in in_time if pair[1] in first)


def first_found(db: Database) -> dict[int, int]:
    """Return when the members of each segment, by its number, were first found, if it ever had any."""
    segment = segment_members.c.segment
    with db.read() as connection:
        query = select(segment, func.min(segment_members.c.since)).where(segment.in_(select(segments.c.number)))
        return {number: int(moment) for number, moment in connection.execute(query.group_by(segment))}
