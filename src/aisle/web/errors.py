"""Every failure becomes one sentence: JSON for programs, a page for people, never a traceback."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import msgspec
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from aisle.shop.errors import (
    AisleError,
    BundleError,
    Conflict,
    Forbidden,
    InputError,
    NoModel,
    NotEnoughData,
    NotFound,
    StillUnavailable,
    StorageError,
    TryAgain,
)
from aisle.web.access.headers import HEADERS
from aisle.web.access.login_page import is_by_browser
from aisle.web.schemas import Problem

STATUS: Final[tuple[tuple[type[AisleError], int], ...]] = (
    (InputError, 422),
    (Forbidden, 403),
    (NotFound, 404),
    (NotEnoughData, 409),
    (Conflict, 409),
    (NoModel, 503),
    (AisleError, 500),
)
"""The HTTP status of each error; the first match counts."""

RETRY_SECONDS: Final = 1
"""After how many seconds a client may try again when the shop is busy."""

_log: Final = logging.getLogger(__name__)

ProblemPage = Callable[[Request, int, str], Response]


def explain(error: Exception) -> tuple[int, str]:
    """Return the HTTP status of a failure and the message for the client."""
    match error:
        case TryAgain():
            _log.warning("%s", error)
            return 503, f"the shop is too busy; try again in {RETRY_SECONDS} s"
        case BundleError() | StorageError():
            # These messages name the shop's folders and hosts: they belong into its log, not to its visitors.
            if not isinstance(error, StillUnavailable):  # or an outage would fill the log
                _log.warning("%s", error)
            return 503, "the shop cannot answer now; its log says why"
        case AisleError():
            return next(status for kind, status in STATUS if isinstance(error, kind)), str(error)
        case msgspec.ValidationError():
            return 422, f"the body cannot be used: {error}"
        case msgspec.DecodeError():
            return 400, f"the body cannot be read as JSON: {error}"
        case ClientDisconnect():
            return 400, "the client hung up before its request was complete"
        case HTTPException(status_code=404):
            return 404, "there is no such page; the API is described at /docs"
        case HTTPException():
            return error.status_code, error.detail
        case _:
            return 500, "the server failed; its log says why"


def install(app: FastAPI, page: ProblemPage) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Let the application answer every failure, with a page if a browser requests one; return what answers."""

    async def answer(request: Request, error: Exception) -> Response:
        status, message = explain(error)
        if request.scope["path"].startswith("/api/") or not is_by_browser(request):
            problem = Problem(HTTPStatus(status).phrase, status, message)
            # The answer to an unexpected failure bypasses the middleware that adds the headers.
            headers = HEADERS | _own_headers(error, status)
            return Response(msgspec.json.encode(problem), status, headers, "application/problem+json")
        return page(request, status, message)

    for kind in (AisleError, msgspec.DecodeError, HTTPException, ClientDisconnect, Exception):
        app.add_exception_handler(kind, answer)
    return answer


def _own_headers(error: Exception, status: int) -> dict[str, str]:
    if isinstance(error, HTTPException):
        return dict(error.headers or {})
    return {"Retry-After": str(RETRY_SECONDS)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
