"""Keys: how they are written and compared; and what each key and each role may do."""

import pytest

from aisle.shop.access import (
    KEY_SCOPES,
    PEOPLE,
    PREFIXES,
    Role,
    Scope,
    is_key,
    key_digest,
    key_id,
    may,
    may_person,
    new_key,
)


@pytest.mark.parametrize("scope", KEY_SCOPES)
def test_a_key_names_its_scope_and_its_id(scope: Scope) -> None:
    made = new_key(scope)
    assert made.key.startswith(f"{PREFIXES[scope]}_")
    assert key_id(made.key) == made.key_id


def test_a_key_has_160_random_bits() -> None:
    secrets = {new_key(Scope.SERVER).key.rpartition("_")[2] for _ in range(1000)}
    assert len(secrets) == 1000
    assert all(len(bytes.fromhex(secret)) == 20 for secret in secrets)


@pytest.mark.parametrize(
    "text", ["", "sk_", "sk_123", "xk_" + "a" * 12 + "_" + "a" * 40, "ak_" + "a" * 12 + "_" + "a" * 40 + " "]
)
def test_what_is_not_written_like_a_key_has_no_id(text: str) -> None:
    assert key_id(text) is None


def test_only_the_whole_key_has_its_digest() -> None:
    key = new_key(Scope.SERVER).key
    assert is_key(key, key_digest(key))
    assert not is_key(key[:-1] + ("0" if key[-1] != "0" else "1"), key_digest(key))


def test_each_kind_of_key_may_do_more_than_the_one_before() -> None:
    allowed = [may(scope) for scope in KEY_SCOPES]
    assert allowed[0] < allowed[1] < allowed[2]
    assert not any(Scope.TEAM in scopes for scopes in allowed)


def test_each_role_may_do_more_than_the_one_before() -> None:
    allowed = [may_person(role) for role in (Role.VIEWER, Role.MERCHANDISER, Role.ADMIN)]
    assert allowed[0] < allowed[1] < allowed[2]
    assert allowed[2] == {Scope.OPEN, *PEOPLE}
