"""Who may call what: the scopes of routes, the kinds of keys that open them, and how a key is written.

A key is `sk_` + its public id + `_` + 160 random bits. The shop keeps the id and the SHA-256 of the whole: to
read the database is not enough to call the API.
"""

import re
import secrets
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Final, NamedTuple


class Scope(StrEnum):
    """What a route asks of its caller."""

    OPEN = "open"
    """Nothing."""
    BROWSER = "browser"
    """A `pk_` key, which everybody can read in a page: events and shelves of one session or one signed user."""
    SERVER = "server"
    """An `sk_` key, of the shop's own server: every shopper, the catalogue and the people."""
    ADMIN = "admin"
    """An `ak_` key: models, rejects, and what removes data of many."""
    TEAM = "team"
    """A person of the shop's team, with a browser: to look."""
    MERCHANDISER = "merchandiser"
    """One who decides what shelves show."""
    TEAM_ADMIN = "team admin"
    """One who runs the shop."""


class Role(StrEnum):
    """What a person of the shop's team does there."""

    VIEWER = "viewer"
    """Looks."""
    MERCHANDISER = "merchandiser"
    """Decides what shelves show."""
    ADMIN = "admin"
    """Runs the shop."""


KEY_SCOPES: Final = (Scope.BROWSER, Scope.SERVER, Scope.ADMIN)
"""The scopes that keys are made for, each with all that those before it may."""

PERSON_SCOPES: Final = {
    Role.VIEWER: Scope.TEAM,
    Role.MERCHANDISER: Scope.MERCHANDISER,
    Role.ADMIN: Scope.TEAM_ADMIN,
}
"""The scope of each role, each with all that those before it may."""

PEOPLE: Final = frozenset(PERSON_SCOPES.values())
"""The scopes of people, which no key has."""

PREFIXES: Final = {Scope.BROWSER: "pk", Scope.SERVER: "sk", Scope.ADMIN: "ak"}

_KEY: Final = re.compile(r"(?:pk|sk|ak)_([0-9a-f]{12})_[0-9a-f]{40}")


class NewKey(NamedTuple):
    """A key that was just made: the only moment at which it is whole."""

    key_id: str
    key: str


def new_key(scope: Scope) -> NewKey:
    """Return a key of 160 random bits."""
    key_id = secrets.token_hex(6)
    return NewKey(key_id, f"{PREFIXES[scope]}_{key_id}_{secrets.token_hex(20)}")


def key_id(key: str) -> str | None:
    """Return the public id of a key, or None if it is not written like one."""
    match = _KEY.fullmatch(key)
    return match[1] if match else None


def key_digest(key: str) -> bytes:
    """Return what is stored of a key."""
    return sha256(key.encode()).digest()


def is_key(key: str, digest: bytes) -> bool:
    """Tell whether a key is the one with this digest, in a time that does not depend on where they differ."""
    return compare_digest(key_digest(key), digest)


def may(scope: Scope) -> frozenset[Scope]:
    """Return the scopes of the routes that a key may call."""
    return frozenset((Scope.OPEN, *KEY_SCOPES[: KEY_SCOPES.index(scope) + 1]))


def may_person(role: Role) -> frozenset[Scope]:
    """Return the scopes of the routes that a person may call: of pages, and of no route that needs a key."""
    scopes = list(PERSON_SCOPES.values())
    return frozenset((Scope.OPEN, *scopes[: scopes.index(PERSON_SCOPES[role]) + 1]))
