"""Requests that no client should send, to every route: each answer is documented, and a failure is one sentence."""

from typing import Any, Final

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from aisle.shop.access import Scope
from aisle.web.endpoint import Endpoint
from aisle.web.routes import ENDPOINTS

QUERIES: Final = (
    "%FF=1", "user_id=%FF", "item_id=%ED%A0%80", "q=%ED%A0%80", "user_id=a%00b", "user_id=" + "u" * 300,
    "item_id=a&user_id=a&user_id=b", "n=1&n=2", "n=" + "9" * 400, "n=1e999", "n=-1", "n=nan", "version=one",
    "price_min=inf",
    "offset=99999999999999999999", "colour=red", "=", "&&&", "&".join("item_id=a" for _ in range(501)),
    "explain=maybe", "category=%00&q=a", "since=0001-01-01T00:00:00%2B14:00", "until=9999-12-31T23:59:59-14:00",
)  # fmt: skip

BODIES: Final = (
    b"", b" ", b"{", b"null", b"7", b'"text"', b"[]", b"[[]]", b"{}", b"\xff", b"\xef\xbb\xbf{}", b"NaN",
    b'{"user_id": "\\ud800"}', b'{"item_id": "\\udc00\\ud800"}', b'{"user_id": "a", "user_id": "b"}',
    b'[{"item_id": "a", "item_id": "b"}]', b'{"item_id": 1e999}', b'{"n": ' + b"9" * 400 + b"}", b'{"rating": -0.0}',
    b'{"rating": NaN, "user_id": "u", "item_id": "i"}', b'{"user_id": {"a": []}}', b'{"user_id": true}',
    b'{"user_id": "a\\u0000b", "item_id": "i"}', b'{"item_id": "' + b"x" * 300 + b'"}', b"[" * 100_000,
    b'{"a":' * 20_000,
    b'{"calls": [{"path": "/api/rank", "method": "POST", "body": ' + b"[" * 500 + b"]" * 500 + b"}]}",
    b'{"calls": [{"path": "/api/items", "query": {"q": "\\ud800"}}]}', b'{"calls": [{"path": "/api/\\u0000"}]}',
    b'{"placements": [], "user_id": "a"}', b'{"version": 99999999999999999999}', b'{"events": 7}', b'{"events": [[]]}',
)  # fmt: skip


of_every_route = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")


def check(answer: Response, endpoint: Endpoint, description: dict[str, Any], sent: object) -> None:
    """Make sure that an answer is one of those that the description names, and a failure is one sentence."""
    documented = description["paths"][endpoint.path][endpoint.method.lower()]["responses"]
    assert str(answer.status_code) in documented, (sent, answer.status_code, answer.text[:300])
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert problem["detail"], sent


@of_every_route
def test_bad_queries_get_a_documented_answer(client: TestClient, endpoint: Endpoint) -> None:
    description = client.get("/openapi.json").json()
    for query in QUERIES:
        check(client.request(endpoint.method, f"{endpoint.path}?{query}"), endpoint, description, query)


@of_every_route
def test_bad_bodies_get_a_documented_answer(client: TestClient, endpoint: Endpoint) -> None:
    description = client.get("/openapi.json").json()
    for body in BODIES if endpoint.has_body else ():
        answer = client.request(endpoint.method, endpoint.path, content=body)
        check(answer, endpoint, description, body[:100])


@of_every_route
def test_two_keys_in_one_request_are_refused(client: TestClient, endpoint: Endpoint) -> None:
    headers = [("authorization", "Bearer pk_a"), ("authorization", "Bearer sk_b")]
    answer = client.request(endpoint.method, endpoint.path, headers=headers)
    assert (answer.status_code == 400) == (endpoint.scope is not Scope.OPEN)


@pytest.mark.parametrize("route", ["similar", "bought-together"])
def test_an_unknown_item_has_the_same_answer_everywhere(client: TestClient, route: str) -> None:
    answer = client.get(f"/api/{route}?item_id=nothing")
    assert answer.status_code == 200
    assert answer.json()["fallback"] is not None
