"""Erased people: no process remembers them."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aisle.app.serving.erasure_watch import FORGOTTEN_SECONDS, ErasureWatch
from aisle.app.serving.profiles import Profiles
from aisle.app.settings import Settings
from aisle.shop.events import ProfileEvent
from aisle.storage.connection import Database, connect
from aisle.storage.log import events
from aisle.storage.shoppers import people


@pytest.fixture
def db(folder: Path) -> Iterator[Database]:
    with connect(Settings.read(folder).database_url) as database:
        yield database


def remembered(profiles: Profiles, user_id: str | None, session_id: str | None = None) -> list[ProfileEvent]:
    """Return what a process still knows of somebody while its database is away."""
    return profiles.read_from(profiles._db.as_if_away()).of(user_id, session_id).events


def test_who_is_erased_is_forgotten_and_the_others_are_not(db: Database) -> None:
    profiles = Profiles(db)
    watch = ErasureWatch(db, profiles)
    watch.check()
    for user_id in ("user-0", "user-1"):
        profiles.of(user_id, None)
        profiles.of(user_id, "a session")
    people.erase(db, "user-0")
    assert remembered(profiles, "user-0")
    watch.check()
    assert remembered(profiles, "user-0") == []
    assert remembered(profiles, "user-0", "a session") == []
    assert remembered(profiles, "user-1")
    assert remembered(profiles, "user-1", "a session")


def test_what_was_read_before_an_erasure_is_not_remembered_after_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = Profiles(db)
    watch = ErasureWatch(db, profiles)
    read = events.of_user

    def read_and_wait(*arguments: object) -> list[ProfileEvent]:
        found = read(*arguments)  # type: ignore[arg-type]
        people.erase(db, "user-0")
        watch.check()
        return found

    monkeypatch.setattr(events, "of_user", read_and_wait)
    assert profiles.of("user-0", None).events
    assert remembered(profiles, "user-0") == []


def test_a_process_that_follows_forgets_in_time(db: Database) -> None:
    profiles = Profiles(db)
    watch = ErasureWatch(db, profiles)
    watch.check()
    profiles.of("user-0", None)
    watch.follow()
    people.erase(db, "user-0")
    deadline = time.monotonic() + 10 * FORGOTTEN_SECONDS  # the machine of the tests may be busy
    while remembered(profiles, "user-0") and time.monotonic() < deadline:
        time.sleep(0.05)
    watch.close()
    assert remembered(profiles, "user-0") == []


def test_a_database_that_is_away_ends_no_watch(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles = Profiles(db)
    away = ErasureWatch(db.as_if_away(), profiles)
    monkeypatch.setattr("aisle.app.serving.erasure_watch.CHECK_SECONDS", 0.01)
    away.follow()
    time.sleep(0.1)
    assert away._thread is not None
    assert away._thread.is_alive()
    away.close()
