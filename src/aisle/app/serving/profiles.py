"""The profiles of shoppers: their newest events, and those that were read last while the database is away."""

import threading
from collections.abc import Collection
from operator import attrgetter
from typing import Final, NamedTuple

from aisle.app.serving.cache import Cache
from aisle.shop.errors import StorageError
from aisle.shop.events import ProfileEvent
from aisle.storage.connection import Database
from aisle.storage.digest import digest
from aisle.storage.log import events

PROFILE_EVENTS: Final = 1000
"""How many of a shopper's newest events make the profile."""

CACHED_EVENTS: Final = 200_000
"""How many events of profiles a process keeps for the time that the database is away."""


class Profile(NamedTuple):
    """What is known of a shopper and a session."""

    events: list[ProfileEvent]
    """The newest, newest first."""
    away: bool
    """Whether the database is away, so that this is what was read last."""


class Profiles:
    """The profiles of the shoppers in a database; share one between threads."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._cache: Cache[tuple[str | None, str | None], list[ProfileEvent]] = Cache(CACHED_EVENTS, _weight)
        self._forgetting = threading.Lock()
        self._times_forgotten = 0

    def read_from(self, db: Database) -> "Profiles":
        """Return the same profiles, read from another connection to the database; what was read last is shared."""
        other = Profiles(db)
        other._cache = self._cache
        return other

    def of(self, user_id: str | None, session_id: str | None) -> Profile:
        """Return what is known of a shopper and a session."""
        if not user_id and not session_id:
            return Profile([], away=False)
        times_forgotten = self._times_forgotten
        try:
            profile = events.of_user(self._db, user_id, PROFILE_EVENTS) if user_id else []
            if session_id:
                profile += events.of_session(self._db, session_id, PROFILE_EVENTS, nobodys=user_id is not None)
                profile = sorted(profile, key=attrgetter("timestamp"), reverse=True)[:PROFILE_EVENTS]
        except StorageError:
            return Profile(self._cache.get((user_id, session_id)) or [], away=True)
        with self._forgetting:
            if times_forgotten == self._times_forgotten:  # or it may have been read before an erasure
                self._cache.put((user_id, session_id), profile)
        return Profile(profile, away=False)

    def forget(self, tombstones: Collection[bytes]) -> None:
        """Forget what was read of erased people, and of sessions, which do not say whose they were."""
        with self._forgetting:
            self._times_forgotten += 1
            self._cache.drop(lambda shopper: shopper[0] is None or digest(shopper[0]) in tombstones)


def _weight(profile: list[ProfileEvent]) -> int:
    """Return what a cached profile counts against `CACHED_EVENTS`; an empty one is kept as well."""
    return 1 + len(profile)
