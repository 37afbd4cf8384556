"""The calls and the answers of the client are those of the server."""

from typing import Any

import msgspec
import pytest

from aisle.client import AsyncClient, Client, calls
from aisle.client.calls import Call
from aisle.web.endpoint import Endpoint
from aisle.web.routes import ENDPOINTS

SAMPLES: list[Call[Any]] = [
    calls.recommendations(), calls.page(placements=[]), calls.similar("i"), calls.bought_together("i"),
    calls.trending(), calls.bestsellers(), calls.rank([]), *calls.send_events({}), calls.delete_events(),
    calls.rate("u", "i", 1),
    calls.items(), *calls.put_items({}), calls.delete_items([]), *calls.add_reviews({}), calls.export_user("u"),
    *calls.put_users({}), calls.erase_user("u"), calls.models(), calls.promote(1), calls.rollback(), calls.rejects(),
    calls.merge_users("a", "u"), calls.unmerge_users("a", "u"), calls.health(),
]  # fmt: skip

ROUTES = {(endpoint.method, endpoint.path): endpoint for endpoint in ENDPOINTS}
NOT_CALLED = {
    ("GET", "/api/recommendations"),
    ("POST", "/api/batch"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
}
"""POST /api/recommendations takes the same and more; a batch is made of calls; health is the orchestrator's."""

WANTED: dict[tuple[str, str], type] = {
    ("POST", "/api/recommendations"): calls.ShelfWanted,
    ("POST", "/api/page"): calls.PageWanted,
    ("GET", "/api/trending"): calls.OfShop,
    ("GET", "/api/bestsellers"): calls.OfShop,
    ("GET", "/api/items"): calls.ItemsWanted,
    ("DELETE", "/api/events"): calls.EventsToDelete,
}


LEFT_OUT = {"description", "minimum", "maximum", "additionalProperties"}


def shape(of: Any) -> Any:
    """Return the JSON schema of a type without words and limits."""
    return plain(msgspec.json.schema_components([of]))


def plain(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: plain(value) for name, value in schema.items() if name not in LEFT_OUT}
    return [plain(value) for value in schema] if isinstance(schema, (list, tuple)) else schema


def test_every_route_has_a_call() -> None:
    assert {(call.method, call.path) for call in SAMPLES} == ROUTES.keys() - NOT_CALLED


@pytest.mark.parametrize("call", SAMPLES, ids=lambda call: f"{call.method} {call.path}")
def test_an_answer_is_as_the_server_gives_it(call: Call[Any]) -> None:
    assert shape(call.gives) == shape(ROUTES[call.method, call.path].gives)


@pytest.mark.parametrize(("route", "wanted"), WANTED.items(), ids=str)
def test_a_call_takes_what_its_route_takes(route: tuple[str, str], wanted: type) -> None:
    endpoint: Endpoint = ROUTES[route]
    assert set(wanted.__annotations__) == {field.name for field in msgspec.structs.fields(endpoint.takes)}


def test_both_clients_have_the_same_methods() -> None:
    assert public(Client) == public(AsyncClient)
    described = {name for name in public(calls) if callable(getattr(calls, name)) and name[0].islower()}
    assert described - {"new_event_id", "with_id"} <= public(Client)


def public(of: Any) -> set[str]:
    own = {name for name, value in vars(of).items() if getattr(value, "__module__", "").startswith("aisle.client")}
    return {name for name in own if not name.startswith("_")}
