"""Overload: some are let in, the others are told at once."""

import asyncio

from httpx2 import ASGITransport, AsyncClient
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from aisle.web.access.headers import HEADERS
from aisle.web.admission import Admission, Places, is_in_turn, read_in_turn


async def statuses(*calls: tuple[str, str], crowd: int, method: str = "GET") -> list[int]:
    """Return the statuses of calls that come while a crowd is being answered, and last that of one after it."""
    gate = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            await gate.wait()
        await PlainTextResponse("ok")(scope, receive, send)

    transport = ASGITransport(Admission(app, Places(reads=2, writes=1)))
    async with AsyncClient(transport=transport, base_url="http://shop") as client:
        waiting = [asyncio.create_task(client.request(method, "/slow")) for _ in range(crowd)]
        await asyncio.sleep(0)  # each task runs up to the gate
        while sum(task.done() for task in waiting) < crowd - (2 if method == "GET" else 1):
            await asyncio.sleep(0)
        answers = [await client.request(verb, path) for verb, path in calls]
        gate.set()
        await asyncio.gather(*waiting)
        answers.append(await client.request(method, "/"))
    refused = [answer.headers for answer in answers if answer.status_code == 503]
    assert all(headers["retry-after"] == "1" for headers in refused)
    assert all(headers[name] == value for headers in refused for name, value in HEADERS.items())
    return [answer.status_code for answer in answers]


def test_past_the_limit_a_reader_is_sent_away_until_another_is_done() -> None:
    calls = (("GET", "/"), ("POST", "/"), ("GET", "/health/live"))
    assert asyncio.run(statuses(*calls, crowd=3)) == [503, 200, 200, 200]


def test_writers_that_wait_keep_no_reader_away() -> None:
    assert asyncio.run(statuses(("POST", "/"), ("GET", "/"), crowd=2, method="POST")) == [503, 200, 200]


def test_a_shelf_that_is_asked_for_by_post_counts_as_a_read() -> None:
    calls = (("POST", "/api/recommendations"), ("POST", "/api/events"))
    assert asyncio.run(statuses(*calls, crowd=2)) == [503, 200, 200]


def test_shoppers_shelves_take_turns_where_the_database_is_a_file() -> None:
    assert is_in_turn("/api/recommendations", of_file=True)
    assert not is_in_turn("/api/recommendations", of_file=False)
    assert not is_in_turn("/api/page", of_file=True)
    assert not is_in_turn("/api/trending", of_file=True)


def test_the_next_in_turn_begins_when_the_loop_has_taken_over_what_came_of_the_last() -> None:
    done: list[tuple[str, int]] = []

    async def ask(number: int) -> None:
        done.append(("answered", await read_in_turn(begin, number)))

    def begin(number: int) -> int:
        done.append(("begun", number))
        return number

    async def ask_all() -> None:
        await asyncio.gather(*map(ask, range(20)))

    asyncio.run(ask_all())
    assert done == [(what, number) for number in range(20) for what in ("begun", "answered")]
