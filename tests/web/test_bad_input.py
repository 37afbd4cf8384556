"""Requests that no client should send, to every route: each answer is documented, and a failure is one sentence."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.settings import FILE, Settings
from aisle.shop.access import Scope
from aisle.web.app import create_app
from aisle.web.endpoint import Endpoint
from aisle.web.routes import ENDPOINTS
from tests.web.clients import client_of

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


def named(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


of_every_route = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=named)


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


# --- One thing wrong in a request that is right otherwise -------------------------------------------------------------

RIGHT: Final[dict[str, dict[str, Any]]] = {
    "/api/recommendations": {
        "user_id": "user-0", "session_id": "s", "placement": "cart", "item_id": "tea-1", "cart": ["tea-1"],
        "category": ["Tea"], "brand": ["b"], "exclude_ids": ["tea-2"], "filters": {"brands": ["b"]},
        "boosts": {"brand:b": 2.0}, "pins": ["tool-1"],
    },
    "/api/page": {"placements": ["trending"], "user_id": "user-0", "item_id": "tea-1", "cart": ["tea-1"]},
    "/api/rank": {"item_ids": ["tea-1"], "user_id": "user-0", "session_id": "s"},
    "/api/events": {
        "event": "view_item", "event_id": "e", "user_id": "u", "session_id": "s", "item_id": "tea-1", "currency": "GBP",
        "placement": "p", "recommendation_id": "r", "transaction_id": "t", "properties": {"colour": "red"},
    },
    "/api/feedback": {"user_id": "u", "item_id": "tea-1", "rating": 5, "event_id": "e", "recommendation_id": "r"},
    "/api/items": {
        "item_id": "tea-1", "title": "Tea", "description": "Good", "category": "Tea", "brand": "b", "currency": "GBP",
        "image_url": "/a.png", "url": "/a", "tags": "a|b", "item_group_id": "g", "attributes": {"colour": "red"},
    },
    "/api/reviews": {"review_id": "r", "user_id": "u", "item_id": "tea-1", "title": "Good", "text": "Very"},
    "/api/users": {"user_id": "u", "attributes": {"city": "Rome"}},
    "/api/models/promote": {"version": 1},
    "/api/models/rollback": {},
    "/api/users/merge": {"anonymous_id": "a", "user_id": "u"},
    "/api/batch": {"calls": [{"path": "/api/rank", "method": "POST", "body": {"item_ids": ["tea-1"], "user_id": "u"}}]},
}  # fmt: skip
"""A body that each route takes, with every field that holds text."""

SURROGATE: Final = "\udc00x"
FREE: Final = {"filters", "boosts", "properties", "attributes"}
"""Fields that hold objects."""

of_every_body = pytest.mark.parametrize("path", RIGHT)


def refused(answer: Response) -> bool:
    """Whether a body, or its only row, was refused with a reason."""
    if answer.status_code == 200 and answer.json().get("rejected") == 1:
        return bool(answer.json()["errors"][0]["reason"])
    return answer.status_code in (400, 422) and bool(answer.json()["detail"])


def spoilt(value: Any) -> Iterator[Any]:
    """Give a value with each of its texts, and each of its names, spoilt in turn."""
    if isinstance(value, str):
        yield value + SURROGATE
    if isinstance(value, list):
        for place, part in enumerate(value):
            yield from ([*value[:place], bad, *value[place + 1 :]] for bad in spoilt(part))
    if isinstance(value, dict):
        for name, part in value.items():
            yield from (value | {name: bad} for bad in spoilt(part))
    if isinstance(value, dict) and value:
        name = next(iter(value))
        yield {name + SURROGATE: value[name]} | value


def twice(value: Any) -> Iterator[str]:
    """Give the JSON of a value with a name given twice, in each of its objects in turn."""
    whole = json.dumps(value)
    if isinstance(value, dict) and value:
        name, first = next(iter(value.items()))
        yield f"{whole[:-1]}, {json.dumps(name)}: {json.dumps(first)}}}"
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        for bad in twice(part):
            yield whole.replace(json.dumps(part), bad, 1)


def test_there_is_a_right_body_of_every_route(client: TestClient) -> None:
    assert {endpoint.path for endpoint in ENDPOINTS if endpoint.has_body} == RIGHT.keys()
    for path, body in RIGHT.items():
        answer = client.post(path, json=body)
        assert not refused(answer), (path, answer.text)


@of_every_body
def test_half_a_surrogate_pair_is_refused_wherever_it_stands(client: TestClient, path: str) -> None:
    for body in spoilt(RIGHT[path]):
        answer = client.post(path, content=json.dumps(body).encode())
        assert refused(answer), (body, answer.text)


@of_every_body
def test_a_name_given_twice_is_refused_wherever_it_stands(client: TestClient, path: str) -> None:
    for body in twice(RIGHT[path]):
        assert refused(client.post(path, content=body.encode())), body


@of_every_body
@pytest.mark.parametrize("wrong", [{"a": []}, [[]], True])
def test_a_field_of_another_type_is_refused(client: TestClient, path: str, wrong: Any) -> None:
    for name in RIGHT[path]:
        if not (name in FREE and isinstance(wrong, dict)):
            answer = client.post(path, json=RIGHT[path] | {name: wrong})
            assert refused(answer), (name, answer.text)


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if not each.has_body], ids=named)
def test_half_a_surrogate_pair_in_a_query_is_refused(client: TestClient, endpoint: Endpoint) -> None:
    for field in msgspec.structs.fields(endpoint.takes):
        answer = client.request(endpoint.method, f"{endpoint.path}?{field.name}=%ED%A0%80")
        assert (answer.status_code, "UTF-8" in answer.json()["detail"]) == (422, True), field.name


# --- What nobody has heard of -----------------------------------------------------------------------------------------

FILLED, NEW, NONE, MISSING = "a shelf is filled", "it is taken in", "none is affected", "it is not found"

UNKNOWN: Final = {
    ("GET", "/api/recommendations"): (FILLED, "user_id=nobody&item_id=nothing&exclude_ids=nothing"),
    ("POST", "/api/recommendations"): (FILLED, {"session_id": "none", "cart": ["nothing"], "pins": ["nothing"]}),
    ("POST", "/api/page"): (FILLED, {"placements": ["similar-items"], "user_id": "nobody", "item_id": "nothing"}),
    ("GET", "/api/similar"): (FILLED, "item_id=nothing"),
    ("GET", "/api/bought-together"): (FILLED, "item_id=nothing"),
    ("POST", "/api/rank"): (FILLED, {"user_id": "nobody", "item_ids": ["nothing"]}),
    ("POST", "/api/events"): (NEW, {"event": "view_item", "user_id": "nobody", "item_id": "nothing"}),
    ("POST", "/api/feedback"): (NEW, {"user_id": "nobody", "item_id": "nothing", "rating": 4}),
    ("POST", "/api/items"): (NEW, {"item_id": "nothing"}),
    ("POST", "/api/reviews"): (NEW, {"user_id": "nobody", "item_id": "nothing", "rating": 4, "review_id": "r"}),
    ("POST", "/api/users"): (NEW, {"user_id": "nobody"}),
    ("POST", "/api/users/merge"): (NEW, {"anonymous_id": "cookie", "user_id": "nobody"}),
    ("DELETE", "/api/events"): (NONE, "user_id=nobody&item_id=nothing"),
    ("DELETE", "/api/items"): (NONE, "item_id=nothing"),
    ("DELETE", "/api/users"): (NONE, "user_id=nobody"),
    ("GET", "/api/items"): (MISSING, "item_id=nothing"),
    ("GET", "/api/users"): (MISSING, "user_id=nobody"),
    ("DELETE", "/api/users/merge"): (MISSING, "anonymous_id=cookie&user_id=nobody"),
    ("POST", "/api/models/promote"): (MISSING, {"version": 99}),
}
"""What each route does with ids that the shop does not have: who reads or adds goes on, who names one thing is told."""

WITHOUT_IDS: Final = {
    "/api/trending", "/api/bestsellers", "/api/models", "/api/models/rollback", "/api/rejects", "/api/batch",
    "/api/health", "/health/live", "/health/ready",
}  # fmt: skip


@of_every_route
def test_an_unknown_id_gets_the_answer_of_its_kind_of_route(client: TestClient, endpoint: Endpoint) -> None:
    if endpoint.path in WITHOUT_IDS:
        return
    kind, sent = UNKNOWN[endpoint.method, endpoint.path]
    query, body = (f"?{sent}", None) if isinstance(sent, str) else ("", sent)
    answer = client.request(endpoint.method, endpoint.path + query, json=body)
    if kind is MISSING:
        assert answer.status_code == 404
        assert "no" in answer.json()["detail"]
        return
    assert answer.status_code == endpoint.status
    told = answer.json()
    if kind is FILLED:
        assert [shelf for shelf in told.get("shelves", [told]) if not shelf["items"]] == []
    elif kind is NEW:
        assert told.get("rejected", 0) == 0
    else:
        assert [told.get("events", 0), told.get("deleted", []), sum(told.get("rows", {}).values())] == [0, [], 0]


# --- Items ------------------------------------------------------------------------------------------------------------


def test_an_item_that_is_deleted_while_a_rule_pins_it_is_shown_no_more(folder: Path) -> None:
    with (folder / FILE).open("a") as file:
        file.write('\n[placements.bestsellers]\npins = ["tool-3"]\n')
    with Live(Settings.read(folder)) as live:
        client = client_of(create_app(live))
        assert client.get("/api/bestsellers").json()["items"][0]["item_id"] == "tool-3"
        client.delete("/api/items?item_id=tool-3")
        items = client.get("/api/bestsellers?n=50").json()["items"]
    assert "tool-3" not in [item["item_id"] for item in items]
    assert len(items) == 19


@pytest.mark.parametrize("currency", ["ZZZ", "🪙", "dollars", "x" * 300, "a\x00", {}, [], True, 1.5])
@pytest.mark.parametrize("path", ["/api/items", "/api/events"])
def test_what_is_no_currency_is_refused(client: TestClient, path: str, currency: Any) -> None:
    assert refused(client.post(path, json=RIGHT[path] | {"currency": currency}))
