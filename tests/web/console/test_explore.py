"""The pages that explore a shopper or an item. They write nothing."""

import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop import columns, moments
from aisle.storage.catalogue import items
from aisle.storage.log import events
from aisle.storage.tables import events as events_table
from aisle.storage.tables import impressions
from aisle.web.app import create_app
from aisle.web.console.explore import LINES, PATH
from tests.small_shop import HOSTILE_ID, HOSTILE_NAME, TEAS
from tests.web.clients import client_of


@pytest.fixture(scope="module")
def explored(hybrid_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The small shop with a hybrid that is live, and a model of bestsellers after it."""
    folder = shutil.copytree(hybrid_folder, tmp_path_factory.mktemp("console") / "explored")
    with Shop.open(folder) as shop:
        shop.train("popularity")
        shop.promote(1)
    with Live(Settings.read(folder)) as live:
        yield live


@pytest.fixture(scope="module")
def client(explored: Live) -> TestClient:
    client = client_of(create_app(explored))
    client.headers["accept"] = "text/html"
    return client


def see(client: TestClient, page: str, **query: object) -> str:
    answer = client.get(f"{PATH}{page}?{urlencode(query)}")
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def refused(client: TestClient, page: str, **query: object) -> str:
    answer = client.get(f"{PATH}{page}?{urlencode(query)}")
    assert answer.status_code in (404, 422), answer.text
    return unescape(answer.text)


def written(live: Live) -> tuple[int, ...]:
    with live.db.read() as connection:
        return tuple(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (events_table, impressions)
        )


def test_shoppers_and_items_are_found(client: TestClient) -> None:
    assert "user-0" in see(client, "")  # who did most lately
    text = see(client, "", q="user-1")
    assert all(f'user_id=user-1{rest}"' in text for rest in ("", "0", "1"))
    assert 'user_id=user-2"' not in text
    assert f"item_id={TEAS[3]}" in see(client, "", q="The tea 3")
    assert "a%2Fb%3Fc" in see(client, "", q=HOSTILE_ID)
    text = see(client, "", q="zzz")
    assert "No shopper's id begins like this" in text
    assert "No item has this id" in text


def test_a_shopper_has_facts_and_the_shelf_of_every_placement(client: TestClient, explored: Live) -> None:
    text = see(client, "/shopper", user_id="user-0")
    placements = [name for name, one in explored.placements.items() if one.strategy.about == "shopper"]
    assert len(placements) > 4
    for name in placements:
        assert f'aria-label="{name}"' in text
    first = explored.recommend("user-0", 8).items[0]
    assert f"item_id={first.item_id}" in text
    assert "The shop keeps no attributes" in text


def test_nothing_is_written(client: TestClient, explored: Live) -> None:
    before = written(explored)
    see(client, "/shopper", user_id="user-0")
    see(client, "/item", item_id=TEAS[0])
    see(client, "/way", user_id="user-0", item_id=TEAS[0])
    see(client, "/beside", user_id="user-0", second="2")
    assert explored.impressions.waiting == 0
    assert written(explored) == before


def test_a_stranger_sees_what_newcomers_see(client: TestClient) -> None:
    text = see(client, "/shopper", user_id="nobody at all")
    assert "Nothing is known of this shopper" in text
    assert "bestsellers" in text
    assert "Nothing is stored of this shopper" in see(client, "/history", user_id="nobody at all")


def test_a_long_history_is_read_page_by_page(client: TestClient, explored: Live) -> None:
    kinds = ("view_item",) * (2 * LINES + 3)
    rows = [
        {"event_id": f"long-{number}", "event": kind, "user_id": "long", "item_id": TEAS[number % 10],
         "timestamp": moments.now() - 1_000_000 + number // 2}
        for number, kind in enumerate(kinds)
    ]  # fmt: skip
    events.store(explored.db, [tuple(row.get(name) for name in columns.EVENTS) for row in rows])
    counts, query = [], {"user_id": "long"}
    while True:
        text = see(client, "/history", **query)
        counts.append(text.count("<tr><td>"))
        if ">Older<" not in text:
            break
        query["before"] = text.split("before=")[1].split('"')[0]
    assert counts == [LINES, LINES, 3]
    assert "no place in a history" in refused(client, "/history", user_id="long", before="yesterday")


def test_the_way_of_an_item_that_is_shown_and_of_one_that_is_not(client: TestClient, explored: Live) -> None:
    shown = explored.recommend("user-0", 8).items[0].item_id
    text = see(client, "/way", user_id="user-0", item_id=shown)
    assert "It stands on place 1 of 8" in text
    assert "What you come back to" in text  # a source of the ranking model
    text = see(client, "/way", user_id="user-0", item_id="no-such-item")
    assert "check its spelling" in text
    assert 'class="stopped"' in text
    text = see(client, "/way", item_id=TEAS[0], page_item=TEAS[1], placement="similar-items")
    assert "The strategy similar proposes it" in text


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"placement": "nowhere"}, "no placement 'nowhere'"),
        ({"placement": "similar-items"}, "add item_id"),
        ({"n": "many"}, "whole number from 1 to 100"),
    ],
)
def test_a_way_that_cannot_be_followed_says_why(client: TestClient, query: dict[str, str], says: str) -> None:
    assert says in refused(client, "/way", **{"item_id": TEAS[0]} | query)


def test_two_models_side_by_side(client: TestClient, explored: Live) -> None:
    text = see(client, "/beside", user_id="user-0", second="2")
    assert "The first is model 1, the second model 2." in text
    assert any(word in text for word in ("<td>new</td>", "up</td>", "down</td>"))
    same = see(client, "/beside", user_id="user-0")
    count = len(explored.recommend("user-0", 12).items)
    assert f"{count} of {count} items stay in their place" in same


def test_two_settings_side_by_side(client: TestClient, explored: Live) -> None:
    first = explored.recommend("user-0", 12).items[0].item_id
    text = see(client, "/beside", user_id="user-0", second_settings=f'exclude = ["{first}"]')
    row = text.split(f"item_id={first}")[1].split("</tr>")[0]
    assert row.endswith('<td class="number">1</td><td class="number">–</td><td>gone</td>')


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"second": "9"}, "there is no model 9"),
        ({"second": "x"}, "not the number of a model"),
        ({"second_settings": "diversity: 1"}, "write one rule a line"),
        ({"second_settings": "colour = 1"}, "the names are"),
    ],
)
def test_a_side_that_cannot_be_shown_says_why(client: TestClient, query: dict[str, str], says: str) -> None:
    assert says in refused(client, "/beside", user_id="user-0", **query)


def test_an_item_has_fields_neighbours_and_shelves(client: TestClient) -> None:
    text = see(client, "/item", item_id=TEAS[0])
    for told in ("12.50", "Nearest items", "similar-items", "frequently-bought-together", 'aria-label="cart"'):
        assert told in text
    assert "Nothing became of it in the last 90 days that were counted" in text


def test_an_item_without_a_name_one_that_was_deleted_and_one_that_never_was(client: TestClient, explored: Live) -> None:
    items.upsert(explored.db, [tuple({columns.ITEM_ID: "nameless"}.get(name) for name in columns.ITEMS)])
    assert "joins at the next training" in see(client, "/item", item_id="nameless")
    items.remove(explored.db, [TEAS[9]])
    assert "The catalogue has no item" in see(client, "/item", item_id=TEAS[9])
    assert "check its spelling" in refused(client, "/item", item_id="never was")


def test_hostile_names_stay_text(client: TestClient) -> None:
    answer = client.get(f"{PATH}/item?{urlencode({'item_id': HOSTILE_ID})}")
    assert HOSTILE_NAME not in answer.text
    assert HOSTILE_NAME in unescape(answer.text)


def test_a_damaged_model_says_what_to_do(folder: Path) -> None:
    with Shop.open(folder) as shop:
        shop.train("popularity", force=True)
    shutil.rmtree(folder / "models" / "000001")
    with Live(Settings.read(folder)) as live:
        client = client_of(create_app(live))
        client.headers["accept"] = "text/html"
        assert "damaged or gone" in refused(client, "/beside", user_id="user-0", first="1")


def test_a_shop_without_a_model(tmp_path: Path) -> None:
    with Shop.open(tmp_path / "empty") as shop:
        settings = shop.settings
    with Live(settings) as live:
        client = client_of(create_app(live))
        client.headers["accept"] = "text/html"
        assert "Nobody did anything yet" in see(client, "")
        assert "No model yet" in see(client, "/shopper", user_id="u")
        assert client.get(f"{PATH}/way?item_id=i").status_code == 503
