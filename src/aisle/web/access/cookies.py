"""Cookies of our own pages: locked to this host where the connection is encrypted, plain on one's own machine."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from aisle.web.access import origins

SESSION: Final = "aisle-session"
"""The cookie of who is logged in."""


def is_private(request: Request) -> bool:
    """Tell whether nobody on the way can read a request: it is encrypted, or it goes to the browser's own machine."""
    host = origins.host_name(request)
    is_here = host == "localhost" or origins.is_loopback(host)
    return is_here or _is_encrypted(request)


def read(request: Request, name: str) -> str | None:
    """Return the value of a cookie."""
    return request.cookies.get(_full(request, name))


def write(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    """Set a cookie that scripts cannot read, and that pages of other sites send along only where they link to us."""
    response.set_cookie(
        _full(request, name),
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=_is_encrypted(request),
    )


def remove(request: Request, response: Response, name: str) -> None:
    """Remove a cookie."""
    write(request, response, name, "", 0)


def session_id(request: Request) -> str | None:
    """Return the session that a request names; none, where others could have read it on the way."""
    return read(request, SESSION) if is_private(request) else None


def _is_encrypted(request: Request) -> bool:
    return bool(request.scope["scheme"] == "https")


def _full(request: Request, name: str) -> str:
    # With this prefix, no page of a neighbouring host can set it: a stranger's session or form would be ours.
    return f"__Host-{name}" if _is_encrypted(request) else name
