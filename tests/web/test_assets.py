"""Static files: compressed, kept by browsers, and nothing but what the package ships."""

import gzip

import pytest
from starlette.testclient import TestClient

from aisle.web.assets import FOLDER, asset


def test_an_address_changes_with_the_content(client: TestClient) -> None:
    answer = client.get(asset("shop.css"))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in client.get("/static/shop.css?v=old").headers["cache-control"]


def test_text_is_compressed_for_those_who_can_read_it(client: TestClient) -> None:
    content = (FOLDER / "shop.css").read_bytes()
    with client.stream("GET", "/static/shop.css", headers={"accept-encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(answer.iter_raw())) == content
    plain = client.get("/static/shop.css", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == content


def test_a_browser_that_has_a_file_gets_it_only_once(client: TestClient) -> None:
    tag = client.get("/static/shop.css").headers["etag"]
    assert client.get("/static/shop.css", headers={"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize("name", ["nothing.css", "../app.py", "..%2fapp.py", "vendor/lucide.zip", "vendor"])
def test_nothing_else_is_given_out(client: TestClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_a_missing_file_keeps_its_plain_address() -> None:
    assert asset("vendor/no-such.css") == "/static/vendor/no-such.css"
