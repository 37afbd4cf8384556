"""Shelves in e-mails: what is sent, opened and followed."""

import re
import struct
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aisle.app.shop import Shop
from aisle.shop.tokens import sign_mail, sign_user
from aisle.web.app import create_app
from aisle.web.mail import card
from aisle.web.pictures.picture import Subject
from tests.faults.load import until_ready
from tests.small_shop import HOSTILE_ID, HOSTILE_NAME
from tests.web.clients import client_of
from tests.web.serving import serving

NAME = "Leaf & Hammer"
DOCS = Path(__file__).parents[3] / "docs" / "mail.md"
PAGE = "https://shop.example/p/"


@pytest.fixture
def client(shop: Shop, secret: str) -> TestClient:
    shop.keys.refresh()
    return client_of(create_app(shop))


@pytest.fixture
def token(secret: str) -> str:
    return sign_mail("user-0", "bestsellers", secret, NAME)


def change(client: TestClient, item_id: str, **values: object) -> None:
    """Change an item of the catalogue."""
    assert client.post("/api/items", json={"item_id": item_id, **values}).json()["rejected"] == 0


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


def named(name: str) -> str:
    """Return the item with a name."""
    return HOSTILE_ID if name == HOSTILE_NAME else name.removeprefix("The ")


def shown(client: TestClient, token: str) -> list[str]:
    """Return the items that are written into an e-mail."""
    page = client.get("/api/shelf.html", params={"user-token": token}).text
    return [named(unescape(name)) for name in re.findall(r"isolate\">(.*?)</span>", page)]


def test_a_mailing_gets_a_table_with_a_link_and_a_picture_for_each_place(client: TestClient, token: str) -> None:
    answer = client.get("/api/shelf.html", params={"user-token": token, "n": "4"})
    assert answer.headers["content-type"].startswith("text/html")
    assert re.findall(r'href="([^"]*)"', answer.text) == [f"http://127.0.0.1:8000/e/{token}/{n}" for n in (1, 2, 3, 4)]
    pictures = re.findall(r'src="http://127.0.0.1:8000([^"]*)"', answer.text)
    assert [size(client.get(path).content) for path in pictures] == [(320, 320)] * 4
    assert "<script" not in answer.text


def test_the_blocks_of_the_docs_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    monkeypatch.setenv("AISLE_SERVE__SEALING_KEY", "k" * 32)
    with Shop.open(folder) as shop:
        secret = shop.create_secret()
    with serving(folder) as (_, server):
        until_ready(server)
        for name, value in {"API_URL": server, "USER_SECRET": secret, "SHOP_NAME": NAME}.items():
            monkeypatch.setenv(name, value)
        names: dict[str, Any] = {}
        for block in blocks:
            exec(block, names)
    assert names["table"].count("<img") == 6
    assert names["token"] in names["table"]


def test_what_is_written_into_an_e_mail_stays(client: TestClient, shop: Shop, token: str) -> None:
    items = shown(client, token)
    change(client, items[0], in_stock=False, url=PAGE)
    assert shown(client, token) == items
    assert client.get(f"/e/{token}/1").headers["location"] == PAGE, "a link goes on leading where it says"


def test_what_is_opened_is_what_can_be_bought_then(
    client: TestClient, shop: Shop, token: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def note(_subject: Subject, name: str, price: str) -> bytes:
        drawn.append(f"{name}: {price}")
        return card.BLANK

    monkeypatch.setattr(card, "card", note)
    client.get(f"/e/{token}/1.png")
    change(client, named(drawn[0].rpartition(":")[0]), in_stock=False)
    client.get(f"/e/{token}/1.png")
    assert drawn[1] == drawn[0], "the pictures of one opening are of one shelf"
    client.get(f"/e/{sign_mail('user-0', 'bestsellers', secret, NAME)}/1.png")
    assert drawn[2] != drawn[0]
    assert any(line.endswith(": £12.50") for line in drawn)


def test_a_click_leads_to_the_shop_and_is_stored_once(client: TestClient, shop: Shop, token: str) -> None:
    item_id = shown(client, token)[1]
    change(client, item_id, url=f"{PAGE}2")
    client.head(f"/e/{token}/2")
    for _ in range(2):
        answer = client.get(f"/e/{token}/2")
        assert (answer.status_code, answer.headers["location"]) == (302, f"{PAGE}2")
    shop.writer.close()
    clicks = [row for row in shop.export_user("user-0")["events"] if row["event"] == "select_item"]
    kept = shop.export_user("user-0")["mail_shelves"][0]["shelf"]
    assert [(row["item_id"], row["position"], row["placement"]) for row in clicks] == [(item_id, 2, "bestsellers")]
    assert clicks[0]["recommendation_id"] in kept
    assert shop.export_user("user-0")["impressions"] == [], "an opening is no impression"


@pytest.mark.parametrize("address", [None, "javascript:alert(1)", "//evil.example/", "/orders"])
def test_no_link_leads_anywhere_but_to_a_page_of_the_catalogue(
    client: TestClient, token: str, address: str | None
) -> None:
    change(client, shown(client, token)[0], url=address)
    answer = client.get(f"/e/{token}/1")
    assert (answer.status_code, answer.headers.get("location")) == (404, None)


def test_a_place_that_does_not_exist_is_blank_and_leads_nowhere(client: TestClient, token: str) -> None:
    for place in ("0", "13", "999"):
        assert client.get(f"/e/{token}/{place}.png").content == card.BLANK
        assert client.get(f"/e/{token}/{place}").status_code == 404
    assert size(card.BLANK) == (1, 1)


def test_only_the_token_of_an_e_mail_opens_one_and_it_opens_nothing_else(
    client: TestClient, secret: str, token: str
) -> None:
    for other in (sign_user("user-0", secret, NAME), token[:-2] + "AA", "x", sign_mail("user-0", "home", secret, "B")):
        assert client.get("/api/shelf.html", params={"user-token": other}).status_code == 401
        for path in ("1.png", "1", "1/picture.png"):
            assert client.get(f"/e/{other}/{path}").status_code == 401
    assert client.get("/api/recommendations", headers={"x-aisle-user": token}).status_code == 400


def test_an_e_mail_that_is_too_old_shows_nothing(client: TestClient, secret: str) -> None:
    old = sign_mail("user-0", "bestsellers", secret, NAME, seconds=-1)
    assert client.get(f"/e/{old}/1.png").content == card.BLANK
    assert client.get(f"/e/{old}/1").status_code == 410
    assert client.get("/api/shelf.html", params={"user-token": old}).status_code == 410


def test_a_mailing_says_what_it_wants_in_words_that_are_known(client: TestClient, token: str, secret: str) -> None:
    for query in ({"user-token": token, "n": "13"}, {"user-token": token, "m": "1"}, {}):
        assert client.get("/api/shelf.html", params=query).status_code == 422
    nowhere = sign_mail("user-0", "no such placement", secret, NAME)
    assert client.get("/api/shelf.html", params={"user-token": nowhere}).status_code == 404


def test_texts_stay_texts_in_tables_and_pictures(client: TestClient, secret: str, token: str) -> None:
    change(
        client,
        shown(client, sign_mail("user-0", "bestsellers", secret, NAME))[0],
        title="</text><script>alert(1)</script>\u202etfel",
        url=PAGE,
    )
    fresh = client.get("/api/shelf.html", params={"user-token": token}).text
    assert "<script>" not in fresh
    assert size(client.get(f"/e/{token}/1.png").content) == (320, 416)


def test_every_name_and_price_fits_a_card() -> None:
    subject = Subject(HOSTILE_ID, "", "Books", "", 0)
    for name in ("", "W" * 300, "word " * 60, "تجربة قصيرة", "\u0000\ufffe", "😀" * 40):
        assert size(card.card(subject, name, "£1,234,567.89")) == (320, 416)


def test_the_font_is_there_and_letters_are_drawn() -> None:
    assert card.FONT.is_file(), "make setup brings it"
    subject = Subject("tea", "Tea", "Tea", "", 0)
    assert card.card(subject, "Grüner Tee", "") != card.card(subject, "", "")
    assert card.card(subject, "Чай", "") != card.card(subject, "Чай зелёный", "")
