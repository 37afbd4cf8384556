"""The table of the people who run the shop. What changes what a person may do ends their sessions with it."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import delete, insert, literal, select, update

from aisle.shop.access import Role
from aisle.shop.errors import InputError, NotFound, Refused
from aisle.shop.moments import now
from aisle.storage.access import login_attempts, team_sessions
from aisle.storage.access.credentials import api_keys, team
from aisle.storage.connection import Database


class Member(NamedTuple):
    """A person of the team."""

    name: str
    role: Role
    created: int


def add(db: Database, name: str, role: Role, password: str) -> None:
    """Add a person; `password` is what `shop.passwords` makes of it.

    Raises
    ------
    InputError
        If there is somebody of this name.
    """
    try:
        with db.write() as connection:
            connection.execute(insert(team).values(name=name, role=role.value, password=password, created=now()))
    except Refused:
        raise InputError(f"there is a person {name!r} already; aisle people role or password changes them") from None


def list_(db: Database) -> list[Member]:
    """Return everybody, by name."""
    query = select(team.c.name, team.c.role, team.c.created).order_by(team.c.name)
    with db.read() as connection:
        return [Member(name, Role(role), created) for name, role, created in connection.execute(query)]


def any_there(db: Database) -> bool:
    """Tell whether there is anybody."""
    with db.read() as connection:
        return connection.execute(select(literal(1)).select_from(team).limit(1)).first() is not None


def password_of(db: Database, name: str) -> str | None:
    """Return what is stored of a person's password; None if there is no such person."""
    with db.read() as connection:
        password: str | None = connection.execute(select(team.c.password).where(team.c.name == name)).scalar()
    return password


def set_password(db: Database, name: str, password: str) -> None:
    """Give a person a new password, end their sessions, and let them try again at once.

    Raises
    ------
    NotFound
        If there is no such person.
    """
    _change(db, name, {"password": password})
    login_attempts.forget(db, name)


def set_role(db: Database, name: str, role: Role) -> None:
    """Give a person another role, and end their sessions.

    Raises
    ------
    NotFound
        If there is no such person.
    """
    _change(db, name, {"role": role.value})


def _change(db: Database, name: str, values: Mapping[str, str]) -> None:
    with db.write() as connection:
        found = connection.execute(select(team.c.name).where(team.c.name == name).with_for_update()).first()
        if found is None:
            raise _unknown(name)
        connection.execute(update(team).where(team.c.name == name).values(values))
        team_sessions.end_all(connection, name)


def remove(db: Database, name: str) -> None:
    """Remove a person and their sessions.

    Raises
    ------
    NotFound
        If there is no such person.
    InputError
        If they are the last one and there was never a key: everybody on this machine could call everything again.
    """
    with db.write() as connection:
        names = connection.execute(select(team.c.name).with_for_update()).scalars().all()
        if name not in names:
            raise _unknown(name)
        if len(names) == 1 and connection.execute(select(api_keys.c.key_id).limit(1)).first() is None:
            raise InputError(
                f"{name!r} is the last person and there is no key: without either, the shop is open to everybody on "
                "this machine; make a key first: aisle keys create server"
            )
        connection.execute(delete(team).where(team.c.name == name))
        team_sessions.end_all(connection, name)
    login_attempts.forget(db, name)


def _unknown(name: str) -> NotFound:
    return NotFound(f"there is no person {name!r}; aisle people list shows everybody")
