"""Reading a request, without an application around it."""

import asyncio
from collections.abc import Iterable

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from aisle.shop.errors import InputError
from aisle.shop.events import MAX_BODY
from aisle.web.requests import read_body, read_form


def request_of(parts: Iterable[bytes]) -> Request:
    coming = iter(parts)

    async def receive() -> Message:
        part = next(coming, None)
        return {"type": "http.request", "body": part or b"", "more_body": part is not None}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def test_a_body_of_exactly_the_limit_is_read() -> None:
    assert len(asyncio.run(read_body(request_of([b"x" * MAX_BODY])))) == MAX_BODY


def test_a_body_without_end_is_given_up_while_it_arrives() -> None:
    read = 0

    def endless() -> Iterable[bytes]:
        nonlocal read
        while True:
            read += 65536
            yield b"x" * 65536

    with pytest.raises(HTTPException) as refused:
        asyncio.run(read_body(request_of(endless())))
    assert refused.value.status_code == 413
    assert read <= MAX_BODY + 65536


def test_the_last_value_of_a_field_counts() -> None:
    assert asyncio.run(read_form(request_of([b"a=1&a=%F0%9F%98", b"%80&b="]))) == {"a": "😀", "b": ""}


@pytest.mark.parametrize("body", [b"\xff=1", b"&".join(b"a=1" for _ in range(21))])
def test_a_form_that_cannot_be_read_is_an_input_error(body: bytes) -> None:
    with pytest.raises(InputError, match="form"):
        asyncio.run(read_form(request_of([body])))
