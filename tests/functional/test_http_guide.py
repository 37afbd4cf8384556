"""docs/http.md names every route with its key, fields and failures, and its examples are answered as it says."""

import re
from pathlib import Path

import msgspec
import pytest

from aisle.app.serve import Live
from aisle.web.api.shelf_schemas import Recommendations
from aisle.web.app import create_app
from aisle.web.endpoint import Endpoint
from aisle.web.routes import ENDPOINTS
from tests.web.clients import client_of

PAGE = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```http\n(\w+) (\S+)\n(.*?)\n?→ (\d+)\n```", PAGE, re.MULTILINE | re.DOTALL)


def row(endpoint: Endpoint) -> str:
    """Return the line of a route in the table."""
    fields = "the rows" if endpoint.takes is bytes else ", ".join(f"`{name}`" for name in names(endpoint.takes))
    failures = ", ".join(map(str, endpoint.failures))
    route = f"`{endpoint.method} {endpoint.path}`"
    cells = (route, endpoint.scope.value, endpoint.summary, fields, failures)
    return "| " + " | ".join(cells) + " |"


def names(takes: type[msgspec.Struct]) -> list[str]:
    return [field.name for field in msgspec.structs.fields(takes)]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_every_route_is_in_the_table(endpoint: Endpoint) -> None:
    assert row(endpoint) in PAGE.splitlines()


def test_every_field_of_a_shelf_is_named() -> None:
    table = PAGE.partition("| a shelf has |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == names(Recommendations)


@pytest.mark.parametrize(("method", "path", "body", "status"), EXAMPLES)
def test_every_example_is_answered(live: Live, method: str, path: str, body: str, status: str) -> None:
    answer = client_of(create_app(live)).request(
        method, path, content=body or None, headers={"content-type": "application/json"}
    )
    assert answer.status_code == int(status), answer.text


def test_there_are_examples_of_success_and_of_failure() -> None:
    assert {"200", "422", "404"} <= {status for *_, status in EXAMPLES}
