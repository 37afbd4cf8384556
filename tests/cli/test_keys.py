"""`aisle keys`."""

import json
from pathlib import Path

import pytest

from aisle.shop.access import key_id
from aisle.shop.tokens import secret_id
from aisle.web.routes import table
from tests.runner import Runner


def test_a_key_is_printed_once_listed_and_revoked(aisle: Runner, folder: Path) -> None:
    made = aisle("-C", str(folder), "keys", "create", "browser", "--name", "web", "--origin", "https://Shop.example")
    number = key_id(made.out.strip())
    assert number
    (row,) = json.loads(aisle("-C", str(folder), "keys", "list", "--json").out)
    assert (row["id"], row["name"], row["origins"]) == (number, "web", "https://shop.example")
    assert aisle("-C", str(folder), "keys", "revoke", number).code == 0
    shown = aisle("-C", str(folder), "keys", "list")
    assert number in shown.out
    assert made.out.strip() not in shown.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["create", "king"], "no scope of a key"),
        (["create", "server", "--origin", "https://a.example"], "is secret"),
        (["create", "browser", "--origin", "shop"], "no web origin"),
        (["revoke", "abc"], "no key 'abc'"),
    ],
)
def test_what_cannot_be_done_is_explained(aisle: Runner, folder: Path, arguments: list[str], complaint: str) -> None:
    ran = aisle("-C", str(folder), "keys", *arguments)
    assert (ran.code, complaint in ran.err) == (2, True)


def test_without_keys_the_list_says_how_to_make_one(aisle: Runner, folder: Path) -> None:
    assert "aisle keys create" in aisle("-C", str(folder), "keys", "list").out


def test_every_route_is_printed_with_its_scope(aisle: Runner) -> None:
    printed = json.loads(aisle("keys", "routes", "--json").out)
    assert {(row["path"], row["method"], row["scope"]) for row in printed} == {
        (path, method, scope) for path, methods in table().items() for method, scope in methods.items()
    }
    assert "/api/recommendations" in aisle("keys", "routes").out


def test_other_machines_are_not_served_without_keys(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", str(folder), "serve", "--host", "0.0.0.0")
    assert (ran.code, "aisle keys create server" in ran.err) == (2, True)


def test_a_secret_that_signs_users_needs_a_key_to_be_sealed_with(
    aisle: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = aisle("-C", str(folder), "keys", "create", "users")
    assert (refused.code, "openssl rand -hex 32" in refused.err) == (2, True)
    monkeypatch.setenv("AISLE_SERVE__SEALING_KEY", "k" * 32)
    secret = aisle("-C", str(folder), "keys", "create", "users").out.strip()
    (row,) = json.loads(aisle("-C", str(folder), "keys", "list", "--json").out)
    assert (row["id"], row["scope"]) == (secret_id(secret), "users")
    assert aisle("-C", str(folder), "keys", "revoke", row["id"]).code == 0
