"""The people who run the shop, on every database: who they are, who is logged in, and who tried too often."""

import threading
from functools import partial

import pytest

from aisle.shop import moments
from aisle.shop.access import Role, Scope
from aisle.shop.errors import InputError, NotFound
from aisle.storage.access import keys, login_attempts, team, team_sessions
from aisle.storage.access.login_attempts import FREE_OF_ADDRESS, FREE_OF_NAME, LONGEST_WAIT
from aisle.storage.access.team_sessions import IDLE, LONGEST, Session
from aisle.storage.connection import Database


@pytest.fixture
def anna(db: Database) -> str:
    """A session of Anna."""
    team.add(db, "anna", Role.VIEWER, "scrypt$1")
    session_id = team_sessions.start(db, "anna", "scrypt$1")
    assert session_id
    return session_id


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The present moment, which the test moves on."""
    moment = [moments.now()]
    for module in (team_sessions, login_attempts):
        monkeypatch.setattr(module, "now", lambda: moment[0])
    return moment


def test_people_are_listed_by_name(db: Database) -> None:
    assert not team.any_there(db)
    team.add(db, "zoë", Role.ADMIN, "scrypt$1")
    team.add(db, "anna", Role.VIEWER, "scrypt$2")
    assert [(member.name, member.role) for member in team.list_(db)] == [("anna", "viewer"), ("zoë", "admin")]
    assert team.any_there(db)
    assert team.password_of(db, "zoë") == "scrypt$1"
    assert team.password_of(db, "ZOË") is None


def test_a_name_is_taken_once(db: Database, anna: str) -> None:
    with pytest.raises(InputError, match="'anna' already"):
        team.add(db, "anna", Role.ADMIN, "scrypt$2")


def test_nobody_who_is_not_there_is_changed(db: Database) -> None:
    with pytest.raises(NotFound, match="no person 'bob'"):
        team.remove(db, "bob")
    with pytest.raises(NotFound, match="no person 'bob'"):
        team.set_role(db, "bob", Role.ADMIN)
    with pytest.raises(NotFound, match="no person 'bob'"):
        team.set_password(db, "bob", "scrypt$1")


# --- Sessions ---------------------------------------------------------------------------------------------------------


def test_a_session_is_known_by_its_id_until_it_ends(db: Database, anna: str) -> None:
    assert len(anna) == 43  # 256 bits
    found = team_sessions.find(db, anna)
    assert found is not None
    assert (found.name, found.role) == ("anna", Role.VIEWER)
    assert team_sessions.find(db, anna[:-1]) is None
    team_sessions.end(db, anna)
    assert team_sessions.find(db, anna) is None


def test_whoever_changes_or_removes_a_person_ends_their_sessions(db: Database) -> None:
    keys.add(db, Scope.SERVER)
    team.add(db, "anna", Role.VIEWER, "p")
    ended = []
    for end in (
        partial(team.set_role, db, "anna", Role.ADMIN),
        partial(team.set_password, db, "anna", "p"),
        partial(team.remove, db, "anna"),
    ):
        session_id = team_sessions.start(db, "anna", "p")
        assert session_id
        end()
        ended.append(session_id)
        assert team_sessions.find(db, session_id) is None
    team.add(db, "anna", Role.ADMIN, "another")  # somebody new of that name
    assert [team_sessions.find(db, session_id) for session_id in ended] == [None, None, None]


def test_a_password_that_was_changed_meanwhile_starts_no_session(db: Database, anna: str) -> None:
    assert team_sessions.start(db, "anna", "scrypt$old") is None
    assert team_sessions.start(db, "nobody", "scrypt$1") is None


def test_a_session_ends_when_it_is_idle_and_after_a_day_of_work(db: Database, clock: list[int]) -> None:
    team.add(db, "anna", Role.VIEWER, "p")
    idle, busy = team_sessions.start(db, "anna", "p"), team_sessions.start(db, "anna", "p")
    assert idle
    assert busy
    began = clock[0]
    while clock[0] < began + LONGEST:
        assert isinstance(team_sessions.find(db, busy), Session)
        team_sessions.note_use(db, busy)
        clock[0] += IDLE
    assert team_sessions.find(db, idle) is None
    clock[0] += 1
    assert team_sessions.find(db, busy) is None


def test_the_last_person_stays_where_there_is_no_key(db: Database, anna: str) -> None:
    with pytest.raises(InputError, match="aisle keys create server"):
        team.remove(db, "anna")
    keys.add(db, Scope.SERVER)
    team.remove(db, "anna")
    assert team.list_(db) == []


# --- Attempts ---------------------------------------------------------------------------------------------------------


def test_after_some_failures_each_waits_twice_as_long(db: Database, clock: list[int]) -> None:
    assert [login_attempts.count(db, "anna", f"10.0.0.{i}") for i in range(FREE_OF_NAME)] == [0] * FREE_OF_NAME
    waits = []
    for i in range(12):
        waits.append(login_attempts.count(db, "anna", f"10.0.1.{i}"))
        clock[0] += waits[-1] * moments.SECOND
        assert login_attempts.count(db, "anna", f"10.0.1.{i}") == 0
    assert waits == [min(2**i, LONGEST_WAIT) for i in range(12)]
    assert login_attempts.count(db, "bob", "10.0.0.1") == 0


def test_an_address_waits_whatever_names_it_tries(db: Database, clock: list[int]) -> None:
    assert not any(login_attempts.count(db, f"name-{i}", "10.0.0.1") for i in range(FREE_OF_ADDRESS))
    assert login_attempts.count(db, "another", "10.0.0.1") == 1
    assert login_attempts.count(db, "another", "10.0.0.2") == 0


def test_a_success_forgets_the_name_and_takes_itself_back_from_the_address(db: Database, clock: list[int]) -> None:
    for _ in range(10 * FREE_OF_ADDRESS):
        assert login_attempts.count(db, "anna", "10.0.0.1") == 0
        login_attempts.forgive(db, "anna", "10.0.0.1")


def test_a_new_password_lets_a_person_in_at_once(db: Database, anna: str, clock: list[int]) -> None:
    for i in range(FREE_OF_NAME):
        login_attempts.count(db, "anna", f"10.0.0.{i}")
    team.set_password(db, "anna", "p")
    assert login_attempts.count(db, "anna", "10.0.0.9") == 0


def test_a_day_without_a_failure_forgets_it(db: Database, clock: list[int]) -> None:
    for i in range(FREE_OF_NAME):
        login_attempts.count(db, "anna", f"10.0.0.{i}")
    clock[0] += login_attempts.FORGOTTEN + 1
    assert login_attempts.count(db, "bob", "10.0.0.9") == 0
    assert [login_attempts.count(db, "anna", f"10.0.1.{i}") for i in range(FREE_OF_NAME)] == [0] * FREE_OF_NAME


def test_of_many_attempts_at_once_only_the_free_ones_go_on(db: Database, clock: list[int]) -> None:
    waits: list[int] = []
    threads = [
        threading.Thread(target=lambda i=i: waits.append(login_attempts.count(db, "anna", f"10.0.0.{i}")))
        for i in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0] * FREE_OF_NAME + [1] * (12 - FREE_OF_NAME)
