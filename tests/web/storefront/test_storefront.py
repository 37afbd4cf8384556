"""The storefront's pages over a real shop, as browsers with and without scripts ask for them."""

import re
import shutil
from html import escape, unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop.errors import DatabaseUnavailable
from aisle.storage.connection import Database
from aisle.storage.log import events
from aisle.storage.shelves import impressions
from aisle.web import assets, templating
from aisle.web.app import create_app
from aisle.web.storefront import visitor
from tests.small_shop import HOSTILE_ID, HOSTILE_NAME, TEAS, TOOLS
from tests.web.clients import client_of, send_form

HTMX = {"accept": "text/html", "hx-request": "true"}
BROWSER = {"accept": "text/html"}


def shelves(page: str) -> dict[str, list[str]]:
    """Return the ids of the items on each shelf of a page."""
    parts = re.split(r'data-placement="([^"]+)"', page)[1:]
    return dict(zip(parts[::2], (re.findall(r'data-item="([^"]*)"', part) for part in parts[1::2]), strict=True))


def shop_as(client: TestClient, user_id: str) -> None:
    assert send_form(client, "/shop-as", {"user_id": user_id}).status_code == 303


def do(client: TestClient, event: str, item_id: str, **values: str) -> None:
    assert send_form(client, "/do", {event: item_id} | values).status_code == 303


def test_a_new_visitor_sees_what_is_popular(demo_client: TestClient) -> None:
    page = demo_client.get("/").text
    assert "Popular in the shop" in page
    assert "a new visitor" in page
    assert len(shelves(page)["recommended-for-you"]) >= 5


def test_shop_as_shows_a_shoppers_shelves_and_history(demo_client: TestClient) -> None:
    shop_as(demo_client, "user-0")
    page = demo_client.get("/").text
    assert shelves(page)["recommended-for-you"][0] in TEAS
    assert "Bought" in page
    assert "£12.50" in page
    assert re.search(r"model 1 in \d+ ms", page)


def test_a_shopper_is_known_as_typed_and_then_without_spaces(demo_client: TestClient) -> None:
    demo_client.get("/", params={"user_id": " spaced "})
    do(demo_client, "add_to_cart", "tea-1")
    for typed, known in ((" spaced ", " spaced "), (" user-0 ", "user-0"), (" nobody ", "nobody")):
        send_form(demo_client, "/shop-as", {"user_id": typed})
        assert f"<dt>You are</dt><dd><bdi>{known}</bdi>" in demo_client.get("/").text


def test_what_has_no_price_adds_nothing_to_a_sum(folder: Path) -> None:
    with Shop.open(folder) as shop:
        shop.import_items([{"item_id": "gift", "title": "A gift"}])
        with client_of(create_app(shop)) as client:
            do(client, "add_to_cart", "gift")
            assert "0.00" not in client.get("/cart").text
            send_form(client, "/checkout", {})
            assert "0.00" not in client.get("/orders").text


def test_no_item_stands_twice_on_a_page(demo_client: TestClient) -> None:
    shop_as(demo_client, "user-0")
    by_shelf = shelves(demo_client.get("/").text)
    by_shelf.pop("recently-viewed", None)
    items = [item for shelf in by_shelf.values() for item in shelf]
    assert len(items) == len(set(items))


def test_what_a_visitor_looks_at_is_an_event_and_moves_the_shelf(demo_client: TestClient, demo: Live) -> None:
    demo_client.get("/")
    for item_id in TOOLS[:3]:
        assert demo_client.get("/item", params={"item_id": item_id}).status_code == 200
    page = demo_client.get("/").text
    assert "Because you looked at The tool-2" in page
    assert set(shelves(page)["recommended-for-you"][:4]) <= {*TOOLS, escape(HOSTILE_ID)}
    assert "Viewed" in page


def test_similar_items_stand_under_their_own_title_only(demo_client: TestClient) -> None:
    page = demo_client.get("/item", params={"item_id": "tea-1"}).text
    assert "similar-items" in shelves(page)
    assert "so these are similar items" not in page


def test_a_click_on_a_shelf_says_which(demo_client: TestClient, demo: Live) -> None:
    shop_as(demo_client, "new")
    link = re.search(r'href="(/item\?[^"]*recommendation_id[^"]*)"', demo_client.get("/").text)
    assert link
    demo_client.get(link.group(1).replace("&amp;", "&"))
    assert [row.kind for row in events.history(demo.db, "new", 9)] == ["view_item", "select_item"]


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"sec-purpose": "prefetch"}, HTMX])
def test_what_no_visitor_asked_for_is_no_event(demo_client: TestClient, demo: Live, headers: dict[str, str]) -> None:
    shop_as(demo_client, "new")
    demo_client.get("/item", params={"item_id": "tea-1"}, headers=headers)
    assert events.history(demo.db, "new", 9) == []


def test_cart_checkout_orders_and_sending_back(demo_client: TestClient, demo: Live) -> None:
    shop_as(demo_client, "new")
    do(demo_client, "add_to_cart", "tea-1")
    do(demo_client, "add_to_cart", "tea-2")
    do(demo_client, "remove_from_cart", "tea-2")
    assert "The tea-1" in demo_client.get("/cart").text
    assert send_form(demo_client, "/checkout", {}).headers["location"] == "/orders"
    assert "It is empty" in demo_client.get("/cart").text
    (bought,) = [row for row in events.history(demo.db, "new", 9) if row.kind == "purchase"]
    assert (bought.item_id, bought.price, bought.quantity) == ("tea-1", 12_500_000, 1)
    assert "Send back" in demo_client.get("/orders").text
    do(demo_client, "refund", "tea-1", transaction_id=str(bought.transaction_id))
    assert "sent back" in demo_client.get("/orders").text


def test_an_empty_cart_is_not_bought(demo_client: TestClient, demo: Live) -> None:
    shop_as(demo_client, "new")
    send_form(demo_client, "/checkout", {})
    assert events.history(demo.db, "new", 9) == []


def test_wishes_and_ratings_show_where_the_item_stands(demo_client: TestClient) -> None:
    shop_as(demo_client, "new")
    do(demo_client, "add_to_wishlist", "tea-1")
    do(demo_client, "rate-4", "tea-1")
    page = demo_client.get("/item", params={"item_id": "tea-1"}).text
    assert "You gave it 4 of 5 stars" in page
    assert "On the wishlist" in page
    assert "The tea-1" in demo_client.get("/wishlist").text


def test_what_is_not_wanted_leaves_the_shelves_until_it_is_taken_back(demo_client: TestClient) -> None:
    shop_as(demo_client, "user-0")
    first = shelves(demo_client.get("/").text)["recommended-for-you"][0]
    do(demo_client, "hide", first)
    page = demo_client.get("/").text
    assert first not in shelves(page)["recommended-for-you"]
    assert "Undo" in page
    do(demo_client, "unhide", first)
    page = demo_client.get("/").text
    assert first in shelves(page)["recommended-for-you"]
    assert "Undo" not in page


def test_what_was_done_can_be_undone_where_it_is_told(demo_client: TestClient, demo: Live) -> None:
    shop_as(demo_client, "new")
    for event, undo in (("add_to_cart", "remove_from_cart"), ("add_to_wishlist", "remove_from_wishlist")):
        do(demo_client, event, "tea-1")
        known = demo_client.get("/").text.partition('id="known"')[2]
        assert f'name="{undo}" value="tea-1"' in known
        do(demo_client, undo, "tea-1")
        assert 'aria-label="Undo' not in demo_client.get("/").text


def test_a_wish_can_be_taken_back_while_the_item_is_in_the_cart(demo_client: TestClient) -> None:
    shop_as(demo_client, "new")
    do(demo_client, "add_to_cart", "tea-1")
    do(demo_client, "add_to_wishlist", "tea-1")
    do(demo_client, "remove_from_wishlist", "tea-1")
    assert "No wishes yet" in demo_client.get("/wishlist").text
    assert "The tea-1" in demo_client.get("/cart").text


def test_an_item_can_be_rated_where_it_stands(demo_client: TestClient) -> None:
    shop_as(demo_client, "user-0")
    shelf = demo_client.get("/").text.partition('data-placement="recommended-for-you"')[2]
    first = re.findall(r'name="rate-4" value="([^"]*)"', shelf)[0]
    do(demo_client, "rate-4", first)
    assert "You gave it 4 of 5 stars" in demo_client.get("/").text


def test_every_reason_of_the_personal_shelf_leads_to_the_whole_way(demo_client: TestClient) -> None:
    shop_as(demo_client, "user-0")
    page = demo_client.get("/").text
    ways = [unescape(path) for path in re.findall(r'href="(/why[^"]*)"', page)]
    assert {path.partition("placement=")[2] for path in ways} == {"recommended-for-you"}
    way = demo_client.get(ways[0], headers=BROWSER)
    assert way.status_code == 200
    assert "stands on place 1 of" in " ".join(way.text.split())
    assert "Who proposes it" in way.text


def test_in_a_preview_a_way_follows_from_what_was_tried(client: TestClient) -> None:
    for item_id in TEAS[:3]:
        client.get(f"/item?item_id={item_id}", headers={"sec-fetch-site": "none"})
    ways = re.findall(r'href="(/why[^"]*)"', client.get("/").text)
    answer = client.get(unescape(ways[0]), headers=BROWSER)
    assert (answer.status_code, "stands on place 1" in answer.text) == (200, True)


def test_a_way_that_cannot_be_told_is_explained(demo_client: TestClient) -> None:
    shop_as(demo_client, "user-0")
    assert demo_client.get("/why?item_id=nothing").status_code == 404
    assert (
        "ranks nothing for a shopper"
        in demo_client.get("/why?item_id=tea-1&placement=similar-items", headers=BROWSER).text
    )


def test_a_page_of_the_demo_leaves_an_impression_of_each_shelf(demo_client: TestClient, demo: Live) -> None:
    shop_as(demo_client, "new")
    page = demo_client.get("/").text
    demo.impressions.close()
    shelf = page.split('data-placement="recommended-for-you"')[1]
    number = re.search(r"recommendation_id=([\w.-]+)", shelf)
    assert number
    served = impressions.get(demo.db, number.group(1))
    assert served is not None
    assert (served.placement, served.user_id) == ("recommended-for-you", "new")
    assert [item.item_id for item in served.items] == [unescape(i) for i in shelves(page)["recommended-for-you"]]


def test_a_preview_leaves_no_impression(client: TestClient, live: Live) -> None:
    client.get("/")
    live.impressions.close()
    assert impressions.count(live.db) == 0


def test_without_scripts_a_form_leads_back_to_its_page(demo_client: TestClient) -> None:
    form = {"add_to_cart": "tea-1", "back": "/category?q=tea"}
    answer = send_form(demo_client, "/do", form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/category?q=tea")


@pytest.mark.parametrize("back", ["https://evil/", "//evil", "/\\evil", "evil"])
def test_a_form_leads_to_no_other_site(demo_client: TestClient, back: str) -> None:
    form = {"add_to_cart": "tea-1", "back": back}
    assert send_form(demo_client, "/do", form).headers["location"] == "/"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "the form does nothing"),
        ({"purchase": "tea-1"}, "the form does nothing"),
        ({"add_to_cart": ""}, "add_to_cart"),
        ({"rate-6": "tea-1"}, "the form does nothing"),
    ],
)
def test_an_unusable_form_is_explained(demo_client: TestClient, form: dict[str, str], words: str) -> None:
    answer = send_form(demo_client, "/do", form, headers=HTMX)
    assert answer.status_code == 422
    assert words in answer.text


@pytest.mark.parametrize("path", ["/do", "/checkout", "/shop-as"])
def test_another_site_can_do_nothing(demo_client: TestClient, path: str) -> None:
    form = {"rate-1": "tea-1", "user_id": "victim"}
    assert send_form(demo_client, path, form, headers={"sec-fetch-site": "cross-site"}).status_code == 403


# --- A real shop: only a preview --------------------------------------------------------------------------------------


def test_in_a_real_shop_deeds_move_the_shelf_and_are_stored_nowhere(client: TestClient, live: Live) -> None:
    before = events.count(live.db)
    shop_as(client, "user-0")
    for item_id in TOOLS[:3]:
        client.get("/item", params={"item_id": item_id})
        do(client, "add_to_cart", item_id)
    page = client.get("/").text
    assert "Preview" in page
    assert "Because you looked at The tool-2" in page
    assert "The tool-0" in client.get("/cart").text
    assert events.count(live.db) == before


def test_shopping_as_somebody_else_forgets_what_was_tried(client: TestClient) -> None:
    do(client, "add_to_cart", "tea-1")
    shop_as(client, "")
    assert "It is empty" in client.get("/cart").text


@pytest.mark.parametrize("cookie", ["", "nonsense", "AAAA", "eNqLjgUAARUAuQ=="])
def test_a_cookie_that_nobody_here_wrote_is_none(client: TestClient, cookie: str) -> None:
    client.cookies.set(visitor.TRIED_COOKIE, cookie)
    client.cookies.set(visitor.SHOPPER_COOKIE, cookie)
    assert client.get("/cart").status_code == 200


def test_a_preview_keeps_the_newest_deeds_within_a_cookie(client: TestClient) -> None:
    for number in range(60):
        do(client, "add_to_cart", f"{number}-" + "x" * 200)
    assert len(client.cookies[visitor.TRIED_COOKIE]) < 4000
    assert "59-x" in client.get("/cart").text


# --- What goes wrong --------------------------------------------------------------------------------------------------


def test_before_training_the_page_says_what_to_do_and_shows_the_history(untrained_client: TestClient) -> None:
    answer = untrained_client.get("/?user_id=user-0")
    assert answer.status_code == 200
    assert "aisle train" in answer.text
    assert "Bought" in answer.text
    assert shelves(answer.text) == {}


def test_hostile_names_and_ids_are_text(demo_client: TestClient) -> None:
    shop_as(demo_client, HOSTILE_ID)
    demo_client.get("/item", params={"item_id": HOSTILE_ID})
    for path in ("/cart", "/category", "/item?item_id=tea-1", "/"):
        page = demo_client.get(path).text
        assert HOSTILE_NAME not in page
        assert HOSTILE_ID not in page
        assert "javascript:" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_an_unknown_item_and_an_unknown_page_offer_the_way_back(client: TestClient) -> None:
    for path in ("/item?item_id=nothing", "/nothing"):
        answer = client.get(path, headers=BROWSER)
        assert answer.status_code == 404
        assert 'href="/">Back to the shop' in answer.text


def test_a_bad_id_is_explained_on_a_page(client: TestClient) -> None:
    answer = client.get("/", params={"user_id": "<i>" * 100}, headers=BROWSER)
    assert answer.status_code == 422
    assert "300 bytes" in answer.text
    assert "<i>" not in answer.text


def test_every_file_that_the_page_names_is_there(client: TestClient) -> None:
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/?user_id=user-0").text)
    assert any(path.startswith("/static/vendor/tabler.min.css") for path in named)
    assert {client.get(path).status_code for path in named} == {200}


def test_pages_have_no_inline_script_or_style_and_ask_no_other_host(client: TestClient) -> None:
    for path in ("/?user_id=user-0", "/category", "/item?item_id=tea-1", "/orders", "/cart", "/wishlist"):
        page = client.get(path).text
        assert not re.search(r"<style|style=|\son\w+=|<script(?! src=\"/)", page)
        assert not re.search(r'(?:src|href|action)="(?!/|#)', page)


def test_without_the_vendor_folder_the_page_is_plain_and_works(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = shutil.copytree(assets.FOLDER, tmp_path / "static", ignore=shutil.ignore_patterns("vendor"))
    shutil.copytree(assets.FOLDER.parent / "templates", tmp_path / "templates")
    monkeypatch.setattr(templating, "FOLDER", plain)
    page = client_of(create_app(live)).get("/?user_id=user-0").text
    assert "/static/vendor/" not in page
    assert shelves(page)["recommended-for-you"]


def test_without_its_database_the_page_still_has_a_shelf(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(create_app(live))
    assert client.get("/?user_id=user-0").status_code == 200

    def away(_db: Database, *_: object) -> None:
        raise DatabaseUnavailable("the database does not answer")

    monkeypatch.setattr(Database, "read", away)
    monkeypatch.setattr(Database, "rows", away)
    answer = client.get("/?user_id=user-0")
    assert answer.status_code == 200
    assert shelves(answer.text)
    assert "database does not answer" in answer.text


@pytest.mark.parametrize("simulated", [True, False])
def test_the_page_says_what_kind_of_shop_it_is(folder: Path, simulated: bool) -> None:
    settings = Settings.read(folder, shop={"name": "Make & Believe", "simulated": simulated})
    with Live(settings) as live:
        page = client_of(create_app(live)).get("/").text
    assert "Make &amp; Believe" in page
    assert ("A simulated shop" in page) is simulated
    assert ("Preview:" in page) is not simulated


def test_an_item_without_a_title_is_named_by_brand_and_category(folder: Path) -> None:
    with Shop.open(folder) as shop:
        shop.import_items([{"item_id": "nameless", "brand": "Twinings", "category": "Drinks > Tea"}])
        with client_of(create_app(shop)) as client:
            assert "<h1><bdi>Twinings Tea</bdi></h1>" in client.get("/item?item_id=nameless").text
