"""What a request shows at the door: a key, from a header or, where a page is being left, from the body."""

from typing import Final, NamedTuple

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

_BEARER: Final = "bearer "


USER_HEADER: Final = "X-Aisle-User"
"""The header with the token of a signed user."""


class Credentials(NamedTuple):
    """What a request shows."""

    key: str | None
    user_token: str | None


class _Beacon(msgspec.Struct):
    key: str | None = None
    user_token: str | None = None


_beacon: Final = msgspec.json.Decoder(_Beacon)


def of_headers(request: Request) -> Credentials:
    """Return what the headers show: `Authorization: Bearer pk_…`.

    Raises
    ------
    HTTPException
        400, if there are two keys, or it is written in another way.
    """
    given, tokens = request.headers.getlist("authorization"), request.headers.getlist(USER_HEADER)
    if len(given) > 1 or len(tokens) > 1:
        raise HTTPException(400, "the request has two keys, or two user tokens; send one")
    token = tokens[0] if tokens else None
    if not given:
        return Credentials(None, token)
    if not given[0].lower().startswith(_BEARER):
        raise HTTPException(400, "the header Authorization holds no key; send Authorization: Bearer and the key")
    return Credentials(given[0][len(_BEARER) :].strip(), token)


def of_beacon(request: Request, body: bytes) -> Credentials:
    """Return what a beacon shows: browsers send it while the page is left, with no header of ours.

    Raises
    ------
    HTTPException
        400, if there is a key in the headers too.
    """
    in_headers = of_headers(request)
    try:
        beacon = _beacon.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return in_headers  # whoever reads the events says what is wrong
    if in_headers.key and beacon.key:
        raise HTTPException(400, "the request has two keys; send one")
    return Credentials(beacon.key or in_headers.key, beacon.user_token or in_headers.user_token)
