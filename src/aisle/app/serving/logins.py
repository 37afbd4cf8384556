"""Logging in and out: the password, the lockout and the session of a person of the team."""

import logging
from typing import NamedTuple

from aisle.shop.addresses import one_caller
from aisle.shop.errors import IdError, StorageError
from aisle.shop.ids import check_id
from aisle.shop.moments import now
from aisle.shop.passwords import is_password
from aisle.storage.access import login_attempts, team, team_sessions
from aisle.storage.access.team_sessions import NOTED, Session
from aisle.storage.connection import Database

_log = logging.getLogger(__name__)


class Attempt(NamedTuple):
    """What became of an attempt to log in."""

    session_id: str | None
    """None: the name or the password is wrong, or it has to wait."""
    wait: int = 0
    """In how many seconds to try again."""


class Logins:
    """Who is logged in.

    Parameters
    ----------
    db
        Where people and sessions are.
    reads
        The same database, for what requests read.
    """

    def __init__(self, db: Database, reads: Database) -> None:
        self._db = db
        self._reads = reads

    def log_in(self, name: str, password: str, address: str) -> Attempt:
        """Start a session, if the password is right and not too many others were tried before."""
        if wait := login_attempts.count(self._db, name, one_caller(address)):
            return Attempt(None, wait)
        stored = self._password_of(name)
        if not is_password(password, stored) or stored is None:
            return Attempt(None)
        login_attempts.forgive(self._db, name, one_caller(address))
        return Attempt(team_sessions.start(self._db, name, stored))

    def _password_of(self, name: str) -> str | None:
        try:
            return team.password_of(self._db, check_id(name, "name"))
        except IdError:
            return None  # nobody has such a name

    def person(self, session_id: str) -> Session | None:
        """Return who is logged in with a session, and note that it is used."""
        session = team_sessions.find(self._reads, session_id)
        if session is not None and now() - session.used > NOTED:
            try:
                team_sessions.note_use(self._db, session_id)
            except StorageError as error:
                _log.warning("the use of a session was not noted: %s", error)
        return session

    def log_out(self, session_id: str) -> None:
        """End a session."""
        team_sessions.end(self._db, session_id)
