"""Requests made up from the description, of which `make fuzz` sends more; and that a wrong answer would be noticed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop.access import KEY_SCOPES
from benchmarks.fuzz import description_of, fuzz
from tests.client.serving import served

WANTED = 500


@pytest.fixture
def server(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of a server, and a key of each scope."""
    with Shop(Settings.read(folder, serve={"calls_per_second": 0, "access_log": False})) as shop:
        keys = [shop.create_key(scope) for scope in reversed(KEY_SCOPES)]
        shop.keys.refresh()
        with served(shop) as url:
            yield url, keys


def test_every_answer_is_as_described(server: tuple[str, list[str]]) -> None:
    url, keys = server
    answers = fuzz(url, description_of(url), [*keys, ""], WANTED)
    assert answers.statuses.total() == WANTED
    assert list(answers.wrong.values()) == []
    assert {200, 401, 403, 422} <= answers.statuses.keys()


def only_health(description: dict[str, Any]) -> dict[str, Any]:
    return description | {"paths": {"/api/health": description["paths"]["/api/health"]}}


def test_an_answer_that_is_not_described_is_noticed(server: tuple[str, list[str]]) -> None:
    description = only_health(description_of(server[0]))
    schema = description["components"]["schemas"]["Health"]["properties"]
    schema["status"] = {"type": "integer"}
    (wrong,) = fuzz(server[0], description, [""], 3).wrong.values()
    assert (wrong.route, wrong.status) == ("GET /api/health", 200)
    del description["paths"]["/api/health"]["get"]["responses"]["200"]
    (wrong,) = fuzz(server[0], description, [""], 3).wrong.values()
    assert wrong.problem.startswith("Undocumented status code: Received: 200")


def test_a_failure_of_the_server_is_noticed(server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shop, "model_version", lambda shop: 1 // 0)
    problems = [
        wrong.problem for wrong in fuzz(server[0], only_health(description_of(server[0])), [""], 3).wrong.values()
    ]
    assert "the server failed" in problems
