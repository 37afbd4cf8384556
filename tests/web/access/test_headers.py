"""What every answer tells the browser to refuse."""

import pytest
from starlette.testclient import TestClient

from aisle.web.access.headers import HEADERS


@pytest.mark.parametrize("path", ["/", "/api/health", "/nothing", "/static/aisle.css", "/?user_id=user-0"])
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert HEADERS.items() <= {name: headers.get(name) for name in HEADERS}.items()


def test_only_the_description_may_run_inline_scripts(client: TestClient) -> None:
    policies = {path: client.get(path).headers["content-security-policy"] for path in ("/", "/docs")}
    assert "unsafe-inline" not in policies["/"]
    assert "unsafe-inline" in policies["/docs"]
    assert "default-src 'none'" in policies["/docs"]
