"""The description of the API."""

import re
from typing import Any

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.shop.columns import EVENTS
from aisle.shop.errors import IdError
from aisle.shop.ids import check_id
from aisle.web.app import create_app


@pytest.fixture
def description(client: TestClient) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/openapi.json").json()
    return described


def test_every_api_route_is_described(description: dict[str, Any], live: Live) -> None:
    documented = ("/api/", "/health/")
    routes = [
        route for route in create_app(live).routes if isinstance(route, Route) and route.path.startswith(documented)
    ]
    routes = [route for route in routes if not route.path.endswith(".html")]  # pages, for mail programs
    served = {(route.path, method.lower()) for route in routes for method in (route.methods or set()) - {"HEAD"}}
    described = {(path, method) for path, methods in description["paths"].items() for method in methods}
    assert described == served


def test_every_reference_leads_somewhere(description: dict[str, Any], client: TestClient) -> None:
    references = set(re.findall(r'"#/components/schemas/(\w+)"', client.get("/openapi.json").text))
    assert references <= set(description["components"]["schemas"])


def test_an_event_has_the_fields_of_the_table(description: dict[str, Any]) -> None:
    assert set(description["components"]["schemas"]["Event"]["properties"]) == set(EVENTS)


@pytest.mark.parametrize("text", ["", "a", "a/b é😀", "a\x00", "\x1f", "a\x7f", "\x9f", "a" * 256, "a" * 257])
def test_ids_are_described_as_they_are_checked(description: dict[str, Any], text: str) -> None:
    (item, *_) = description["paths"]["/api/similar"]["get"]["parameters"]
    schema = item["schema"]
    fits = schema["minLength"] <= len(text) <= schema["maxLength"] and re.search(schema["pattern"], text)
    assert bool(fits) == is_id(text)


def is_id(text: str) -> bool:
    try:
        check_id(text, "item_id")
    except IdError:
        return False
    return True


def test_every_id_of_a_query_is_described(description: dict[str, Any]) -> None:
    operations = [operation for methods in description["paths"].values() for operation in methods.values()]
    parameters = [parameter for operation in operations for parameter in operation["parameters"]]
    ids = [parameter for parameter in parameters if parameter["name"].endswith("_id")]
    assert len(ids) > 15
    assert [parameter for parameter in ids if "'maxLength': 256" not in str(parameter["schema"])] == []


def test_answers_look_as_described(description: dict[str, Any], client: TestClient) -> None:
    schema = description["components"]["schemas"]
    shelf = client.get("/api/recommendations?user_id=user-0").json()
    assert set(shelf) == set(schema["Recommendations"]["properties"])
    assert set(shelf["items"][0]) == set(schema["Item"]["properties"])
    assert set(client.get("/api/health").json()) == set(schema["Health"]["properties"])


def test_the_description_is_readable_offline(client: TestClient) -> None:
    page = client.get("/docs").text
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert named
    assert all(path.startswith("/") for path in named)
    assert {client.get(path).status_code for path in named} == {200}
