"""Pages in fewer bytes."""

import gzip

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.testclient import TestClient

from aisle.web.compression import LEAST, CompressedPages
from tests.web.clients import form_token

LONG = "<p>a page</p>" * LEAST


def answer_to(response: Response, path: str = "/", encodings: str = "gzip, br") -> Response:
    return TestClient(CompressedPages(response)).get(path, headers={"accept-encoding": encodings})  # type: ignore[return-value]


def test_a_page_is_compressed_and_says_so() -> None:
    answer = answer_to(HTMLResponse(LONG))
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(gzip.compress(LONG.encode(), 5, mtime=0))
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.text == LONG  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("response", "path", "encodings"),
    [
        (HTMLResponse("short"), "/", "gzip"),
        (HTMLResponse(LONG), "/", "identity"),
        (HTMLResponse(LONG), "/api/shelf.html", "gzip"),
        (JSONResponse([LONG]), "/", "gzip"),
        (Response(LONG, media_type="image/png"), "/", "gzip"),
        (Response(status_code=204), "/", "gzip"),
    ],
)
def test_what_gains_nothing_is_left_as_it_is(response: Response, path: str, encodings: str) -> None:
    assert "content-encoding" not in answer_to(response, path, encodings).headers


def test_what_is_compressed_already_is_not_compressed_again() -> None:
    packed = gzip.compress(LONG.encode())
    answer = answer_to(Response(packed, headers={"Content-Encoding": "gzip"}, media_type="text/html"))
    assert answer.text == LONG  # type: ignore[attr-defined]


def test_the_token_of_forms_is_written_in_another_way_in_each_page(client: TestClient) -> None:
    first, second = form_token(client), form_token(client)
    assert first != second
    assert all(client.post("/shop-as", data={"form_token": token}).status_code == 303 for token in (first, second))
    mask = "00" * 32
    for forged in (mask + first[64:], first[:64] + mask, first[:-2], "xyz", ""):
        assert client.post("/shop-as", data={"form_token": forged}).status_code == 403
