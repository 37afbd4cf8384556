"""A call on its way: the HTTP request that it is, what its answer says, and whether and when it is sent again."""

import random
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

import httpx2
import msgspec

from aisle._version import __version__
from aisle.client.calls import Call
from aisle.shop.errors import ApiError, InputError

T = TypeVar("T")

Outcome = httpx2.Response | httpx2.TransportError
"""What came of a request: an answer, or a connection that failed."""

FIRST_WAIT: Final = 0.2
"""How many seconds to wait before a call is sent again, if the server does not say; doubled each time."""

LONGEST_WAIT: Final = 30.0
"""A server that asks for more patience than this gets no other try."""

SHOWN: Final = 200
"""How many letters of an answer that is none of Aisle's are told."""

_MAY_PASS: Final = (502, 503, 504)
_NEVER_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class _Problem(msgspec.Struct):
    title: str
    detail: str


class _Answer(msgspec.Struct):
    status: int
    body: msgspec.Raw


class _Answers(msgspec.Struct):
    answers: list[_Answer]


def checked(url: str) -> str:
    """Return the address of a server.

    Raises
    ------
    InputError
        If it is none.
    """
    if not url.startswith(("https://", "http://")):
        raise InputError(f"{url!r} is no address of a server; write it as https://aisle.example")
    return url


def headers_of(key: str | None, user_token: str | None) -> dict[str, str]:
    """Return the headers of every call of a client."""
    shown = {"Authorization": key and f"Bearer {key}", "X-Aisle-User": user_token}
    return {"User-Agent": f"aisle-client/{__version__}"} | {name: value for name, value in shown.items() if value}


def request_of(call: Call[Any]) -> dict[str, Any]:
    """Return a call as the arguments of a request."""
    query = {name: _text(value) for name, value in _given(call.query).items()}
    request: dict[str, Any] = {"method": call.method, "url": call.path, "params": query}
    if call.body is None:
        return request
    return request | {"content": msgspec.json.encode(call.body), "headers": {"Content-Type": "application/json"}}


def answer_of(call: Call[T], outcome: Outcome) -> T:
    """Return what a call was answered.

    Raises
    ------
    ApiError
        If it was refused, the answer is none of Aisle's, or none came.
    """
    if isinstance(outcome, httpx2.TransportError):
        why = str(outcome) or type(outcome).__name__
        raise ApiError(None, "No answer", f"{call.method} {outcome.request.url}: {why}") from outcome
    return _read(call, outcome.status_code, outcome.content)


def batch_of(calls: Sequence[Call[Any]]) -> Call[Any]:
    """Return several calls as one."""
    body = [
        {"method": call.method, "path": call.path, "query": _given(call.query), "body": call.body} for call in calls
    ]
    return Call(
        method="POST",
        path="/api/batch",
        body={"calls": body},
        gives=_Answers,
        repeatable=all(call.repeatable for call in calls),
    )


def answers_of(calls: Sequence[Call[Any]], answers: _Answers) -> list[Any]:
    """Return what each call of a batch was answered, or the `ApiError` with which it was refused."""
    return [_read_or_error(call, answer) for call, answer in zip(calls, answers.answers, strict=True)]


def wait_before_retry(call: Call[Any], outcome: Outcome, tries: int) -> float | None:
    """Return how many seconds to wait before a call is sent again; None if it is not.

    What was refused at the door (429), or never sent, did nothing and may be sent again. Whether anything was done
    before a connection broke, or a 502, 503 or 504 came, is not known: then only calls that may be repeated are.
    """
    if isinstance(outcome, httpx2.TransportError):
        asked = None
        again = call.repeatable or isinstance(outcome, _NEVER_SENT)
    else:
        status = outcome.status_code
        asked = _retry_after(outcome.headers)
        again = status == HTTPStatus.TOO_MANY_REQUESTS or (call.repeatable and status in _MAY_PASS)
    wait = FIRST_WAIT * 2**tries * random.uniform(0.5, 1.0) if asked is None else asked  # noqa: S311 # no secret
    return wait if again and wait <= LONGEST_WAIT else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return for how many seconds a server asks to wait: it says a number, or a date."""
    text = headers.get("retry-after", "")
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _read_or_error(call: Call[T], answer: _Answer) -> T | ApiError:
    try:
        return _read(call, answer.status, bytes(answer.body))
    except ApiError as error:
        return error


def _read(call: Call[T], status: int, body: bytes) -> T:
    if status < HTTPStatus.BAD_REQUEST:
        try:
            answer: T = msgspec.json.decode(body, type=call.gives)
        except msgspec.DecodeError as error:
            raise ApiError(status, "No answer of Aisle", f"{call.method} {call.path}: {error}; check the URL") from None
        return answer
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except msgspec.DecodeError:
        raise ApiError(status, _phrase(status), body.decode(errors="replace")[:SHOWN].strip()) from None
    raise ApiError(status, problem.title, problem.detail)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"


def _given(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def _text(value: Any) -> Any:
    """Return a value of a query as JSON writes it."""
    return str(value).lower() if isinstance(value, bool) else value
