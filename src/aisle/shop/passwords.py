"""Passwords of the people who run the shop: kept as what scrypt makes of them, beside its parameters.

Source: RFC 7914; the cost is one that OWASP's cheat sheet on the storage of passwords names.
"""

import secrets
import unicodedata
from base64 import b64decode, b64encode
from hashlib import scrypt
from hmac import compare_digest
from typing import Final, NamedTuple

from aisle.shop.errors import InputError

SHORTEST: Final = 12
"""The fewest characters of a password."""

LONGEST: Final = 1024
"""The most."""

_BYTES: Final = 32


class Cost(NamedTuple):
    """What a guess costs: 128 · n · r bytes of memory, and p times the work."""

    n: int
    r: int
    p: int


COST: Final = Cost(n=2**15, r=8, p=3)
"""32 MiB, and a few tenths of a second."""


def hash_password(password: str, cost: Cost = COST) -> str:
    """Return what is stored of a password: `scrypt$n$r$p$salt$hash`, no two alike.

    Raises
    ------
    InputError
        If it is too short or too long, or not text.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"the password has {len(password)} characters; choose one of {SHORTEST} to {LONGEST}")
    salt = secrets.token_bytes(16)
    try:
        return _written(cost, salt, _derived(password, cost, salt))
    except UnicodeEncodeError:
        raise InputError("the password is not valid Unicode; type it as UTF-8") from None


def is_password(password: str, stored: str | None) -> bool:
    """Tell whether a password is the one of which this is stored; of a person who does not exist, nothing is.

    It takes as long for nobody's password as for a wrong one, and for one that is right.
    """
    cost, salt, derived = _read(stored or _NOBODYS)
    return compare_digest(_derived(password, cost, salt), derived) and stored is not None


def _derived(password: str, cost: Cost, salt: bytes) -> bytes:
    # The same word may be typed as é or as e and an accent. None that is stored is as long as what is cut off here.
    text = unicodedata.normalize("NFKC", password[: LONGEST + 1])
    memory = 128 * cost.r * (cost.n + cost.p + 2)
    return scrypt(text.encode(), salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=memory, dklen=_BYTES)


def _written(cost: Cost, salt: bytes, derived: bytes) -> str:
    return "$".join(("scrypt", *map(str, cost), b64encode(salt).decode(), b64encode(derived).decode()))


def _read(stored: str) -> tuple[Cost, bytes, bytes]:
    _, n, r, p, salt, derived = stored.split("$")
    return Cost(int(n), int(r), int(p)), b64decode(salt), b64decode(derived)


_NOBODYS: Final = _written(COST, bytes(16), bytes(_BYTES))
