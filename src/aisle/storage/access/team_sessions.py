"""The table of who is logged in. A session id is 256 random bits, and only its digest is stored."""

import secrets
from hashlib import sha256
from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, update

from aisle.shop.access import Role
from aisle.shop.moments import HOUR, MINUTE, now
from aisle.storage.access.credentials import team, team_sessions
from aisle.storage.connection import Database

IDLE: Final = HOUR
"""A session ends when it was not used for so long."""

LONGEST: Final = 12 * HOUR
"""A session ends so long after its login."""

NOTED: Final = MINUTE
"""How exactly the last use of a session is known, so that not every request is a write."""


class Session(NamedTuple):
    """Somebody who is logged in."""

    name: str
    role: Role
    used: int


def start(db: Database, name: str, password: str) -> str | None:
    """Start a session and return its id, unless this is no longer what is stored of the person's password."""
    session_id = secrets.token_urlsafe(32)
    moment = now()
    with db.write() as connection:
        person = select(team.c.password).where(team.c.name == name).with_for_update()
        if connection.execute(person).scalar() != password:
            return None
        ended = or_(team_sessions.c.created < moment - LONGEST, team_sessions.c.used < moment - IDLE)
        connection.execute(delete(team_sessions).where(ended))
        values = {"digest": _digest(session_id), "name": name, "created": moment, "used": moment}
        connection.execute(insert(team_sessions).values(values))
    return session_id


def find(db: Database, session_id: str) -> Session | None:
    """Return whose session this is, or None if there is none or it has ended."""
    moment = now()
    query = (
        select(team.c.name, team.c.role, team_sessions.c.used)
        .join_from(team_sessions, team, team.c.name == team_sessions.c.name)
        .where(
            team_sessions.c.digest == _digest(session_id),
            team_sessions.c.created >= moment - LONGEST,
            team_sessions.c.used >= moment - IDLE,
        )
    )
    with db.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else Session(row.name, Role(row.role), row.used)


def note_use(db: Database, session_id: str) -> None:
    """Note that a session is used now."""
    this = team_sessions.c.digest == _digest(session_id)
    with db.write() as connection:
        connection.execute(update(team_sessions).where(this).values(used=now()))


def end(db: Database, session_id: str) -> None:
    """End a session; one that there is not has ended already."""
    with db.write() as connection:
        connection.execute(delete(team_sessions).where(team_sessions.c.digest == _digest(session_id)))


def end_all(connection: Connection, name: str) -> None:
    """End every session of a person."""
    connection.execute(delete(team_sessions).where(team_sessions.c.name == name))


def _digest(session_id: str) -> bytes:
    return sha256(session_id.encode()).digest()
