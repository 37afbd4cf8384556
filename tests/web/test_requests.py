"""Reading a request, without an application around it."""

import asyncio
from collections.abc import Iterable

import msgspec
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from aisle.shop.errors import InputError
from aisle.shop.events import MAX_BODY
from aisle.web.requests import MAX_FIELDS, MOST_REWRITTEN, decode, read_body, read_form


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


@pytest.mark.parametrize("body", [b"\xff=1", b"&".join(b"a=1" for _ in range(MAX_FIELDS + 1))])
def test_a_form_that_cannot_be_read_is_an_input_error(body: bytes) -> None:
    with pytest.raises(InputError, match="form"):
        asyncio.run(read_form(request_of([body])))


class Wanted(msgspec.Struct):
    n: int
    price: float = 0.0
    cart: tuple[int | str, ...] = ()


WANTED = msgspec.json.Decoder(Wanted)


@pytest.mark.parametrize(
    "body", [b'{"n": 10.0, "cart": [1.0, "a"], "price": 2}', b'{"n": 1e1, "cart": [1, "a"], "price": 2.0}']
)
def test_a_whole_number_may_be_written_with_a_point(body: bytes) -> None:
    assert decode(WANTED, body) == Wanted(10, 2.0, (1, "a"))


@pytest.mark.parametrize(
    "body", [b'{"n": 10.5}', b'{"n": 1e99}', b'{"n": "10"}', b'{"n": 10.0, "cart": ["' + b"x" * MOST_REWRITTEN + b'"]}']
)
def test_no_other_number_is_a_whole_one(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"n`|cart"):
        decode(WANTED, body)


def test_a_key_that_is_given_twice_is_seen_beside_such_numbers() -> None:
    with pytest.raises(InputError, match="cannot be used"):
        decode(WANTED, b'{"n": 10.0, "n": 10.0}')
