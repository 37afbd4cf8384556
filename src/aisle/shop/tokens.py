"""Signed users: a token with which the shop's server vouches to Aisle for who is signed in in a browser.

A token is a JSON Web Token (RFC 7519) signed with HMAC-SHA256: `kid` names the secret, `sub` is the user, `aud` is the
shop and `exp` the second at which it expires. The secret is the whole text that `aisle keys create users` prints.

The token of an e-mail has `scope` and `placement` too, and a `jti` by which one mailing is told from another. It shows
that shelf and nothing else: whoever an e-mail is forwarded to is not signed in.
"""

import re
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Final, NamedTuple

import msgspec

from aisle.shop.errors import Forbidden, IdError, InputError
from aisle.shop.ids import check_id

SECONDS: Final = 3600
"""How long a token is valid unless its maker says otherwise."""

MAIL_SECONDS: Final = 30 * 24 * 3600
"""The same for the token of an e-mail."""

MAIL_SCOPE: Final = "e-mail"
"""The `scope` of such a token."""

MAX_TOKEN: Final = 2048
"""The longest token, in letters."""

_SECRET: Final = re.compile(r"us_([0-9a-f]{12})_[0-9a-f]{64}")
_ALGORITHM: Final = "HS256"


class SignedUser(NamedTuple):
    """Who is signed in."""

    user_id: str
    expires: int
    """The second at which the token expires, since 1970."""


class SignedMail(NamedTuple):
    """For whom an e-mail is, and the placement whose shelf it shows."""

    user_id: str
    expires: int
    """The second at which the token expires, since 1970."""
    placement: str


class _Header(msgspec.Struct):
    alg: str
    kid: str


class _Claims(msgspec.Struct):
    sub: str
    exp: int
    aud: str
    scope: object = None
    placement: object = None


def new_secret() -> str:
    """Return a secret of 256 random bits for signing users."""
    return f"us_{secrets.token_hex(6)}_{secrets.token_hex(32)}"


def secret_id(secret: str) -> str:
    """Return the public id of a secret.

    Raises
    ------
    InputError
        If it is not a whole one.
    """
    match = _SECRET.fullmatch(secret)
    if match is None:
        raise InputError("this is no secret for signing users; aisle keys create users prints one, us_…")
    return match[1]


def sign_user(user_id: str, secret: str, audience: str, seconds: int = SECONDS, now: float | None = None) -> str:
    """Return a token for a user who is signed in.

    Parameters
    ----------
    user_id
        The user's id in the shop.
    secret
        What `aisle keys create users` printed.
    audience
        The shop's name, as in `[shop] name`.
    seconds
        How long the token is valid.
    now
        The present second since 1970, if not the clock's.
    """
    return _token({}, user_id, secret, audience, seconds, now)


def sign_mail(
    user_id: str,
    placement: str,
    secret: str,
    audience: str,
    seconds: int = MAIL_SECONDS,
    now: float | None = None,
) -> str:
    """Return a token for one e-mail to a user, with the shelf of a placement; all else is as for `sign_user`."""
    claims = {"scope": MAIL_SCOPE, "placement": placement, "jti": secrets.token_hex(8)}
    return _token(claims, user_id, secret, audience, seconds, now)


def _token(claims: dict[str, str], user_id: str, secret: str, audience: str, seconds: int, now: float | None) -> str:
    expires = int(time.time() if now is None else now) + seconds
    header = {"alg": _ALGORITHM, "typ": "JWT", "kid": secret_id(secret)}
    body = {"sub": check_id(user_id, "user_id"), "aud": audience, "exp": expires, **claims}
    signed = b".".join(_encoded(msgspec.json.encode(part)) for part in (header, body))
    return (signed + b"." + _encoded(_signature(secret, signed))).decode()


def read_token(token: str, secrets_by_id: Mapping[str, str], audience: str) -> SignedUser:
    """Return the user whom a token names, expired or not.

    Parameters
    ----------
    secrets_by_id
        The valid secrets of this shop.

    Raises
    ------
    Forbidden
        If it is not genuine, or another shop's.
    """
    claims = _read(token, secrets_by_id, audience)
    if claims.scope == MAIL_SCOPE:
        raise Forbidden("the token is that of an e-mail, and signs nobody in")
    return SignedUser(claims.sub, claims.exp)


def read_mail_token(token: str, secrets_by_id: Mapping[str, str], audience: str) -> SignedMail:
    """Return for whom an e-mail is, by its token, expired or not; parameters and errors as of `read_token`."""
    claims = _read(token, secrets_by_id, audience)
    if claims.scope != MAIL_SCOPE or not isinstance(claims.placement, str):
        raise Forbidden(f"the token is not of scope {MAIL_SCOPE!r} with a placement")
    return SignedMail(claims.sub, claims.exp, claims.placement)


def _read(token: str, secrets_by_id: Mapping[str, str], audience: str) -> _Claims:
    signed, _, signature = token.rpartition(".")
    header, _, claims = signed.partition(".")
    try:
        head, body = msgspec.json.decode(_decoded(header), type=_Header), _decoded(claims)
        secret = secrets_by_id.get(head.kid, "")
        # As text: several texts stand for the same bytes, and only one of them was signed.
        genuine = compare_digest(_encoded(_signature(secret, signed.encode())), signature.encode())
        if len(token) > MAX_TOKEN or not (genuine and secret and head.alg == _ALGORITHM):
            raise Forbidden("the user token is not genuine; let the shop's server sign a new one")
        read = msgspec.json.decode(body, type=_Claims)
        check_id(read.sub, "sub")
    except (ValueError, RecursionError, IdError):
        raise Forbidden("the user token cannot be read; let the shop's server sign a new one") from None
    if read.aud != audience:
        raise Forbidden(f"the user token is for the shop {read.aud[:40]!r}; aud is the [shop] name of this one")
    return read


def _signature(secret: str, text: bytes) -> bytes:
    return digest(secret.encode(), text, sha256)


def _encoded(text: bytes) -> bytes:
    return urlsafe_b64encode(text).rstrip(b"=")


def _decoded(text: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text, re.ASCII):
        raise ValueError("not base64url")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
