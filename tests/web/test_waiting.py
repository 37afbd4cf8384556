"""Requests that wait for a write, and those that must not wait for them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient

from aisle.app.serve import Live
from aisle.app.serving.acknowledgements import Acknowledgements
from aisle.app.settings import Settings
from aisle.web.app import create_app

POSTERS = 60
"""More than a pool of threads has."""


def client_of(live: Live) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(create_app(live)), base_url="http://localhost")


def event(number: int) -> dict[str, Any]:
    return {"event": "view_item", "event_id": f"waits-{number}", "user_id": "user-0", "item_id": "tea-1"}


def test_shelves_are_served_while_writers_wait_for_a_locked_database(live: Live) -> None:
    async def scenario() -> list[Any]:
        async with client_of(live) as client:
            with live.db.write():
                routes = [
                    *(client.post("/api/events", json=event(number)) for number in range(POSTERS)),
                    *(client.post("/api/events", json={"event": "juggle"}) for _ in range(POSTERS)),
                    *(client.post("/api/feedback", json={"user_id": "u", "item_id": "i", "rating": 5}) for _ in "ab"),
                    *(
                        client.post("/api/users/merge", json={"anonymous_id": f"a{n}", "user_id": "u"})
                        for n in range(9)
                    ),
                ]
                writers = [asyncio.create_task(route) for route in routes]
                shelf = await client.get("/api/recommendations?user_id=user-0")
                assert shelf.status_code == 200
                assert not any(writer.done() for writer in writers)
            return await asyncio.gather(*writers)

    assert {answer.status_code for answer in asyncio.run(scenario())} == {200, 201}


def test_a_writer_whose_patience_is_over_is_told_to_come_again(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_acknowledgements", Acknowledgements(0.05))

    async def scenario() -> Any:
        async with client_of(live) as client:
            with live.db.write():
                return await client.post("/api/events", json=event(1))

    answer = asyncio.run(scenario())
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


def test_an_outage_does_not_fill_the_log(folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(live: Live) -> list[Any]:
        async with client_of(live) as client:
            return [await client.post("/api/events", json=event(number)) for number in range(20)]

    with Live(Settings.read(folder), tmp_path) as live:
        assert live.db.breaker is not None
        live.db.breaker.is_open = True
        answers = asyncio.run(scenario(live))
    assert {answer.status_code for answer in answers} == {503}
    assert not [record for record in caplog.records if "does not answer" in record.getMessage()]
