"""The lists of the storefront, their filters, search and pictures."""

import re
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from tests.small_shop import HOSTILE_ID, TEAS, TOOLS

BROWSER = {"accept": "text/html"}


def test_a_category_lists_its_items(client: TestClient) -> None:
    page = client.get("/category", params={"category": "Tea"}).text
    assert sorted(re.findall(r'data-item="([^"]*)"', page)) == sorted(TEAS)
    assert "10 items" in page


def test_filters_and_orders_combine(client: TestClient) -> None:
    page = client.get("/category", params={"q": "tool", "sort": "title", "price_min": "12", "price_max": "13"}).text
    assert re.findall(r'data-item="([^"]*)"', page) == sorted(item for item in TOOLS if item != HOSTILE_ID)
    assert "Nothing matches" in client.get("/category", params={"price_min": "99"}).text


@pytest.mark.parametrize("query", ["sort=best", "stars=9", "price_min=x", "page=0", "page=x"])
def test_an_unusable_filter_is_explained(client: TestClient, query: str) -> None:
    answer = client.get(f"/category?{query}", headers=BROWSER)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_search_suggests_what_has_every_word(client: TestClient) -> None:
    assert "The tea-1" in client.get("/search", params={"q": "TEA the"}).text
    assert "Nothing matches" in client.get("/search", params={"q": "zzz"}).text
    assert client.get("/search", params={"q": ""}).text.strip() == ""


def test_every_item_has_a_picture(client: TestClient) -> None:
    for item_id in ("tea-1", HOSTILE_ID, "no such item"):
        answer = client.get("/picture.svg", params={"item_id": item_id})
        assert answer.headers["content-type"] == "image/svg+xml"
        assert ET.fromstring(answer.text).tag.endswith("svg")
