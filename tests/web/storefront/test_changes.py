"""What a page gets after a deed: what changed on it, and nothing that it shows already."""

import re

from httpx2 import Response
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.storage.shelves import impressions
from aisle.web.storefront.changes import HEADER
from tests.small_shop import TEAS
from tests.web.clients import send_form

HOME = "/?user_id=user-0"


def shown(page: str) -> dict[str, str]:
    """Return the shelves of a page and their versions."""
    return dict(re.findall(r'data-placement="([^"]+)" data-version="([^"]+)"', page))


def do(client: TestClient, form: dict[str, str], page: str, back: str = HOME) -> Response:
    """Do something on a page, as its script does."""
    versions = " ".join(f"{placement}={version}" for placement, version in shown(page).items())
    answer = send_form(client, "/do", form | {"back": back}, headers={"hx-request": "true", HEADER: versions})
    assert answer.status_code == 200
    return answer


def test_a_deed_brings_the_shelves_that_changed_and_no_others(demo_client: TestClient) -> None:
    before = demo_client.get(HOME).text
    answer = do(demo_client, {"add_to_wishlist": TEAS[1]}, before).text
    after = shown(demo_client.get(HOME).text)
    changed = {placement: version for placement, version in after.items() if shown(before)[placement] != version}
    assert 0 < len(changed) < len(after)
    assert shown(answer) == changed
    assert "<html" not in answer
    assert 'id="shelves"' not in answer


def test_a_deed_that_changes_no_shelf_brings_none(demo_client: TestClient) -> None:
    before = demo_client.get(HOME).text
    assert shown(do(demo_client, {"add_to_wishlist": "tool-9"}, before).text) == {}


def test_a_shelf_that_comes_or_goes_brings_all(demo_client: TestClient) -> None:
    before = demo_client.get("/").text
    answer = do(demo_client, {"add_to_cart": "tea-1"}, before, back="/").text
    assert "because-you-viewed" not in shown(before)
    assert 'id="shelves" hx-swap-oob="true"' in answer
    assert shown(answer) == shown(demo_client.get("/").text)


def test_a_deed_brings_the_cart_and_what_is_known_now(demo_client: TestClient) -> None:
    answer = do(demo_client, {"add_to_cart": "tea-1"}, demo_client.get(HOME).text).text
    assert 'id="in-cart" hx-swap-oob="true"' in answer
    assert '<b class="count">1<' in answer
    assert 'id="known" hx-swap-oob="true"' in answer
    assert "Added to cart" in answer


def test_a_deed_on_another_page_brings_what_changed_there(demo_client: TestClient) -> None:
    demo_client.get("/")
    send_form(demo_client, "/do", {"add_to_cart": "tea-1"})
    answer = do(demo_client, {"remove_from_cart": "tea-1"}, demo_client.get("/cart").text, back="/cart").text
    assert "It is empty" in answer
    assert 'id="known"' not in answer


def test_a_shelf_that_stands_there_already_leaves_no_other_impression(demo_client: TestClient, demo: Live) -> None:
    before = demo_client.get(HOME).text
    answer = do(demo_client, {"hide": TEAS[0]}, before).text
    demo.impressions.close()
    assert impressions.count(demo.db) == len(shown(before)) + len(shown(answer))


def test_a_preview_as_somebody_keeps_what_is_tried(client: TestClient) -> None:
    answer = do(client, {"add_to_cart": "tea-1"}, client.get(HOME).text).text
    assert '<b class="count">1<' in answer
    assert '<b class="count">1<' in client.get(HOME).text


def test_a_script_without_a_list_of_shelves_gets_the_page(demo_client: TestClient) -> None:
    demo_client.get(HOME)
    assert "<html" in send_form(demo_client, "/do", {"add_to_cart": "tea-1"}, headers={"hx-request": "true"}).text
