"""`aisle people`."""

import io
import json
from pathlib import Path

import pytest

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.shop.passwords import is_password
from aisle.storage.access import team
from tests.runner import Runner

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password, as a script writes it."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\nanother line\n"))


def test_a_person_is_added_listed_changed_and_removed(aisle: Runner, folder: Path) -> None:
    shop = ("-C", folder, "people")
    assert "anna may log in as viewer" in aisle(*shop, "add", "anna", "--role", "viewer").out
    with Live(Settings.read(folder)) as live:
        assert is_password(PASSWORD, team.password_of(live.db, "anna"))
    assert aisle(*shop, "role", "anna", "--role", "admin").code == 0
    (row,) = json.loads(aisle(*shop, "list", "--json").out)
    assert (row["name"], row["role"]) == ("anna", "admin")
    assert "anna" in aisle(*shop, "list").out
    aisle("-C", folder, "keys", "create", "server")
    assert aisle(*shop, "remove", "anna", "--yes").code == 0
    assert "aisle people add" in aisle(*shop, "list").out


def test_a_new_password_replaces_the_old_one(aisle: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aisle("-C", folder, "people", "add", "anna", "--role", "viewer")
    monkeypatch.setattr("sys.stdin", io.StringIO("another long password"))
    assert aisle("-C", folder, "people", "password", "anna").code == 0
    with Live(Settings.read(folder)) as live:
        assert is_password("another long password", team.password_of(live.db, "anna"))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["add", "anna", "--role", "king"], "viewer, merchandiser, admin"),
        (["add", "", "--role", "viewer"], "0 bytes"),
        (["role", "bob", "--role", "viewer"], "no person 'bob'"),
        (["password", "bob"], "no person 'bob'"),
        (["remove", "bob", "--yes"], "no person 'bob'"),
    ],
)
def test_what_cannot_be_done_is_explained(aisle: Runner, folder: Path, arguments: list[str], complaint: str) -> None:
    ran = aisle("-C", folder, "people", *arguments)
    assert (ran.code, complaint in ran.err) == (2, True)


def test_a_password_that_is_too_short_is_refused(aisle: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("secret\n"))
    ran = aisle("-C", folder, "people", "add", "anna", "--role", "viewer")
    assert (ran.code, "6 characters" in ran.err) == (2, True)


def test_nobody_is_removed_by_mistake(aisle: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    ran = aisle("-C", folder, "people", "remove", "anna")
    assert (ran.code, "nobody was removed" in ran.err) == (2, True)
