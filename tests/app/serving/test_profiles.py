from collections.abc import Iterator
from pathlib import Path

import pytest

from aisle.app.serving.profiles import CACHED_EVENTS, Profiles
from aisle.app.settings import Settings
from aisle.shop.errors import StorageError
from aisle.storage.connection import Database, connect
from aisle.storage.log import events


@pytest.fixture
def db(folder: Path) -> Iterator[Database]:
    with connect(Settings.read(folder).database_url) as database:
        yield database


def test_a_profile_has_the_newest_events_first(db: Database) -> None:
    profile, away = Profiles(db).of("user-0", None)
    assert not away
    assert len(profile) == len(events.history(db, "user-0", 100))
    assert [event.timestamp for event in profile] == sorted((event.timestamp for event in profile), reverse=True)


def test_nobody_has_an_empty_profile(db: Database) -> None:
    assert Profiles(db).of(None, None) == ([], False)


def test_without_the_database_the_last_known_profile_is_used(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles = Profiles(db)
    known, _ = profiles.of("user-0", None)

    def away(*_: object) -> None:
        raise StorageError("away")

    monkeypatch.setattr(events, "of_user", away)
    assert profiles.of("user-0", None) == (known, True)
    assert profiles.of("user-1", None) == ([], True)


def test_profiles_kept_for_an_outage_are_bounded_by_their_events(db: Database) -> None:
    profiles = Profiles(db)
    events_kept = sum(1 + len(profiles.of(f"user-{number}", None)[0]) for number in range(3))
    assert profiles._cache._weight == events_kept
    assert profiles._cache._capacity == CACHED_EVENTS
