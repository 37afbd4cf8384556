"""Several calls in one request, in turn: each passes the door by itself, and is answered as if it had come alone."""

import logging
from collections.abc import MutableMapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.types import ASGIApp, Message

from aisle.app.serve import Live
from aisle.shop.errors import InputError
from aisle.web.endpoint import Endpoint

_log: Final = logging.getLogger(__name__)

PATH: Final = "/api/batch"
MAX_CALLS: Final = 100
"""The most calls of one batch."""

_OF_BODY: Final = (b"content-length", b"content-type", b"transfer-encoding", b"content-encoding")
"""The headers that are about the batch and not about its calls."""

Value = str | int | float | bool


class Call(Struct, frozen=True, forbid_unknown_fields=True):
    """A call, as it would be made alone."""

    path: Annotated[
        str,
        Meta(
            max_length=200, description="A path of this API, without a query.", extra_json_schema={"pattern": "^/api/"}
        ),
    ]
    method: Literal["GET", "POST", "DELETE"] = "GET"
    query: Annotated[dict[str, Value | list[Value]], Meta(description="Parameters; a list repeats its name.")] = {}
    body: Annotated[Any, Meta(description="What the call sends, as JSON.")] = None

    @property
    def sent(self) -> bytes:
        """The body as it would come."""
        return b"" if self.body is None else msgspec.json.encode(self.body)


class Calls(Struct, frozen=True, forbid_unknown_fields=True):
    """Calls, in the order in which they are made."""

    calls: Annotated[list[Call], Meta(min_length=1, max_length=MAX_CALLS)]


class Answer(Struct, frozen=True):
    """What a call was answered."""

    status: int
    body: Annotated[msgspec.Raw, Meta(description="As of the call alone; that of a failure is problem+json.")]


class Answers(Struct, frozen=True):
    """The answers of a batch, in the order of its calls."""

    answers: list[Answer]


class Batch(Endpoint, frozen=True, dict=True):
    """The route of batches, whose answer needs the request to make other ones of it."""

    async def _answered(self, _live: Live, request: Request, given: Any) -> Any:
        return await self.answer(request.scope["app"], request.scope, given)


async def answer_all(app: ASGIApp, scope: MutableMapping[str, Any], given: Calls) -> Answers:
    """Make calls in turn with the headers of the batch, and return their answers.

    Raises
    ------
    InputError
        If a path is none of this API.
    """
    for call in given.calls:
        if not call.path.startswith("/api/") or call.path == PATH:
            raise InputError(f"path {call.path[:60]!r} is no call of a batch; send paths that begin with /api/")
    return Answers([await _answer(app, _scope_of(scope, call), call.sent) for call in given.calls])


async def _answer(app: ASGIApp, scope: MutableMapping[str, Any], body: bytes) -> Answer:
    """Make one call."""
    status, parts = 500, list[bytes]()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        parts.append(message.get("body", b""))

    try:
        await app(scope, receive, send)
    except Exception:  # it was answered with 500; the other calls have answers of their own
        _log.exception("a call of a batch fails: %s %s", scope["method"], scope["path"])
    return Answer(status, msgspec.Raw(b"".join(parts)))


def _scope_of(batch: MutableMapping[str, Any], call: Call) -> dict[str, Any]:
    """Return the request of one call: a new one from the same caller."""
    headers = [pair for pair in batch["headers"] if pair[0].lower() not in _OF_BODY]
    headers += [(b"content-type", b"application/json"), (b"content-length", str(len(call.sent)).encode())]
    return dict(batch) | {
        "method": call.method,
        "path": call.path,
        "raw_path": call.path.encode(errors="replace"),
        "query_string": _query(call).encode(),
        "headers": headers,
        "state": {},
    }


def _query(call: Call) -> str:
    values = {name: value if isinstance(value, list) else [value] for name, value in call.query.items()}
    return urlencode({name: [_text(one) for one in some] for name, some in values.items()}, doseq=True)


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
