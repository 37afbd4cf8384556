"""The page and its parts, over a real shop."""

import re
import shutil
from html import escape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.serving.shelf import HistoryLine
from aisle.app.settings import Settings
from aisle.shop.errors import DatabaseUnavailable, InputError
from aisle.web import pages
from aisle.web.app import create_app
from aisle.web.shopper import SHELF_ITEMS
from tests.small_shop import HOSTILE_ID, HOSTILE_NAME, TEAS, TOOLS
from tests.web.clients import client_of

BROWSER = {"accept": "text/html"}
HTMX = {"accept": "text/html", "hx-request": "true"}


def tiles(page: str) -> list[str]:
    """Return the ids of the items that a page offers to rate, in order."""
    return re.findall(r'name="item_id" value="([^"]*)"', page)


def test_the_first_page_asks_for_a_shopper_and_suggests_some(client: TestClient, live: Live) -> None:
    page = client.get("/").text
    assert '<label class="form-label" for="user_id">' in page
    for user_id in live.suggestions():
        assert f'href="/?user_id={user_id}"' in page


def test_a_shopper_has_history_and_shelf_side_by_side(client: TestClient, live: Live) -> None:
    page = client.get("/?user_id=user-0").text
    bought = live.history("user-0", 1)[0]
    assert f"The {bought.item_id}" in page
    assert "Bought" in page
    assert "£12.50" in page
    assert len(tiles(page)) >= SHELF_ITEMS
    assert tiles(page)[0] in TEAS


def test_the_part_is_what_the_page_holds(client: TestClient) -> None:
    part = client.get("/ui/shelf?user_id=user-0", headers=HTMX)
    assert part.text.startswith("<section")
    assert tiles(part.text) == tiles(client.get("/?user_id=user-0").text)


def test_the_part_puts_the_shopper_into_the_address_bar(client: TestClient) -> None:
    part = client.get("/ui/shelf", params={"user_id": HOSTILE_ID}, headers=HTMX)
    again = client.get(part.headers["hx-push-url"])
    assert escape(HOSTILE_ID) in again.text.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")


def test_rating_moves_the_shelf_without_a_reload(client: TestClient) -> None:
    for item_id in TOOLS[:3]:
        form = {"user_id": "new", "item_id": item_id, "rating": "5"}
        part = client.post("/ui/rate", data=form, headers=HTMX)
        assert part.status_code == 200
    assert part.text.startswith("<section")
    assert "Rated 5 of 5 stars" in part.text
    assert set(tiles(part.text)[:5]) <= set(TOOLS) | {escape(HOSTILE_ID)}


def test_rating_without_scripts_goes_back_to_the_page(client: TestClient) -> None:
    answer = client.post("/ui/rate", data={"user_id": "a&b", "item_id": "tea-1", "rating": "2"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?user_id=a%26b"
    assert "Rated 2" in client.get(answer.headers["location"]).text


def test_a_rated_item_shows_its_newest_stars(client: TestClient) -> None:
    for rating in ("5", "2"):
        client.post("/ui/rate", data={"user_id": "user-0", "item_id": "tea-1", "rating": rating})
    page = client.get("/?user_id=user-0").text
    assert "Rate The tea-1; rated 2 of 5" in page
    assert page.count('class="on"') == 2


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"item_id": "tea-1", "rating": "3"}, "user_id"),
        ({"user_id": "a", "rating": "3"}, "item_id"),
        ({"user_id": "a", "item_id": "tea-1"}, "rating"),
        ({"user_id": "a", "item_id": "tea-1", "rating": "6"}, "from 1 to 5"),
        ({"user_id": "a", "item_id": "tea-1", "rating": "nan"}, "from 1 to 5"),
    ],
)
def test_an_unusable_rating_is_explained_in_place(client: TestClient, form: dict[str, str], words: str) -> None:
    answer = client.post("/ui/rate", data=form, headers=HTMX)
    assert answer.status_code == 422
    assert answer.text.startswith("<section")
    assert words in answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_rate(client: TestClient, live: Live, site: str) -> None:
    form = {"user_id": "new", "item_id": "tea-1", "rating": "1"}
    assert client.post("/ui/rate", data=form, headers={"sec-fetch-site": site}).status_code == 403
    assert live.history("new", 1) == []


def test_an_unknown_shopper_sees_the_popular_shelf_and_is_told(client: TestClient) -> None:
    page = client.get("/?user_id=nobody").text
    assert "popular shelf" in page
    assert "no event of this shopper" in page
    assert len(tiles(page)) >= SHELF_ITEMS


def test_before_training_the_page_says_what_to_do_and_shows_the_history(untrained_client: TestClient) -> None:
    answer = untrained_client.get("/?user_id=user-0")
    assert answer.status_code == 200
    assert "aisle train" in answer.text
    assert "Bought" in answer.text
    assert tiles(answer.text) == []


def test_hostile_names_and_ids_are_text(client: TestClient) -> None:
    client.post("/api/feedback", json={"user_id": HOSTILE_ID, "item_id": HOSTILE_ID, "rating": 5})
    page = client.get("/", params={"user_id": HOSTILE_ID}).text
    assert HOSTILE_NAME not in page
    assert HOSTILE_ID not in page
    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "javascript:" not in page


def test_a_bad_id_is_explained_on_a_page(client: TestClient) -> None:
    answer = client.get("/", params={"user_id": "<i>" * 100}, headers=BROWSER)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "300 bytes" in answer.text
    assert "<i>" not in answer.text


def test_every_file_that_the_page_names_is_there(client: TestClient) -> None:
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/?user_id=user-0").text)
    assert "/static/vendor/tabler.min.css" in named
    assert "/static/vendor/htmx.min.js" in named
    assert {client.get(path).status_code for path in named} == {200}


def test_the_page_has_no_inline_script_or_style_and_asks_no_other_host(client: TestClient) -> None:
    page = client.get("/?user_id=user-0").text
    assert not re.search(r"<style|style=|\son\w+=|<script(?! src=\"/)", page)
    assert not re.search(r'(?:src|href|action)="(?!/|#)', page)


def test_without_the_vendor_folder_the_page_is_plain_and_works(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = shutil.copytree(pages.HERE, tmp_path / "web", ignore=shutil.ignore_patterns("vendor"))
    monkeypatch.setattr(pages, "HERE", plain)
    page = client_of(create_app(live)).get("/?user_id=user-0").text
    assert "/static/vendor/" not in page
    assert len(tiles(page)) >= SHELF_ITEMS


@pytest.mark.parametrize("simulated", [True, False])
def test_the_page_says_when_the_shop_is_simulated(folder: Path, simulated: bool) -> None:
    settings = Settings.read(folder, shop={"name": "Make & Believe", "simulated": simulated})
    with Live(settings) as live:
        page = client_of(create_app(live)).get("/").text
    assert "Make &amp; Believe" in page
    assert ("Simulated shop" in page) is simulated


class Away(Live):
    """A shop whose database has gone away after its model was loaded."""

    def history(self, user_id: str, n: int = 10) -> list[HistoryLine]:
        raise DatabaseUnavailable("the database does not answer")

    def suggestions(self, n: int = 3) -> list[str]:
        raise DatabaseUnavailable("the database does not answer")


def test_without_its_database_the_page_still_has_a_shelf(folder: Path) -> None:
    with Away(Settings.read(folder)) as live:
        answer = client_of(create_app(live)).get("/?user_id=user-0")
    assert answer.status_code == 200
    assert "the history cannot be shown" in answer.text
    assert len(tiles(answer.text)) >= SHELF_ITEMS


@pytest.mark.parametrize("text", ["0", "6", "3.5", "", "٣", "nan"])
def test_stars_are_whole_and_few(text: str) -> None:
    with pytest.raises(InputError, match="from 1 to 5"):
        pages.parse_stars(text)
