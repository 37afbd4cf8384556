"""Forms of our own pages: each carries a token, which only a page that this browser got from here can know.

Pages are compressed, and the length of a compressed page tells what in it is alike. So the token is written in another
way in every page: a random mask, and the token under it.
"""

import hmac
import secrets
from hashlib import sha256
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aisle.web.access import cookies, origins
from aisle.web.requests import read_form

FIELD: Final = "form_token"
"""The field of the token."""

_COOKIE: Final = "aisle-forms"
_SECONDS: Final = 30 * 24 * 3600


def token(request: Request) -> str:
    """Return the token of the forms on a page: of this browser and this session."""
    return token_of(_secret(request), cookies.session_id(request))


def token_of(secret: str, session_id: str | None) -> str:
    """Return a token of a browser's secret and a session."""
    mask = secrets.token_bytes(sha256().digest_size)
    return (mask + _masked(_token(secret, session_id), mask)).hex()


def new_secret() -> str:
    """Return what a browser may keep."""
    return secrets.token_urlsafe(32)


def keep(request: Request, response: Response) -> None:
    """Let the browser keep what proves the token of a page."""
    if cookies.read(request, _COOKIE) is None:
        cookies.write(request, response, _COOKIE, _secret(request), _SECONDS)


def renew(request: Request, response: Response, secret: str | None = None) -> None:
    """Let no page that the browser got before send a form any more."""
    cookies.write(request, response, _COOKIE, secret or new_secret(), _SECONDS)


async def read(request: Request) -> dict[str, str]:
    """Return the fields of a form of our own.

    Raises
    ------
    HTTPException
        403, if another page sent it, or the page it stands on is of another session.
    InputError
        If it cannot be read.
    """
    if not origins.is_same_origin(request):
        raise HTTPException(403, "this form works from its own page only")
    form = await read_form(request)
    if cookies.read(request, _COOKIE) is None or not _is_token(request, form.pop(FIELD, "")):
        raise HTTPException(403, "this form is out of date; go back, load its page again and send it once more")
    return form


def _token(secret: str, session_id: str | None) -> bytes:
    return hmac.digest(secret.encode(), (session_id or "").encode(), sha256)


def _is_token(request: Request, given: str) -> bool:
    try:
        written = bytes.fromhex(given)
    except ValueError:
        return False
    half = sha256().digest_size
    return hmac.compare_digest(
        _masked(written[half:], written[:half]), _token(_secret(request), cookies.session_id(request))
    )


def _masked(text: bytes, mask: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(text, mask, strict=False))


def _secret(request: Request) -> str:
    known = cookies.read(request, _COOKIE)
    if known is None:
        known = getattr(request.state, "form_secret", None) or new_secret()
        request.state.form_secret = known
    return known
