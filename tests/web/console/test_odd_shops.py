"""Every page of the console on odd shops: an answer that says what there is, or what to do."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aisle.app.data.day_counts import count_days
from aisle.app.data.setup import make_shop
from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.shop import moments
from aisle.shop.moments import DAY
from aisle.storage.catalogue import items
from aisle.storage.log import events
from aisle.web.app import create_app
from aisle.web.console.pages import PAGES
from tests.storage import samples
from tests.web.clients import client_of

NOW = moments.now()
Row = dict[str, object]


def bought(number: int, days_ago: int = 0, **more: object) -> tuple[object, ...]:
    known: Row = {"event": "purchase", "user_id": f"u{number % 7}", "item_id": f"i{number % 5}", "quantity": 1}
    known |= {"price": 5_000_000, "currency": "EUR", "timestamp": NOW - days_ago * DAY - number * 1_000_000}
    return samples.event(number, **known | more)


def item(name: str, **more: object) -> tuple[object, ...]:
    return samples.row("items", **{"item_id": name, "title": name.title(), "category": "A > B"} | more)


ITEMS = [item(f"i{number}") for number in range(5)]
MONTHS = range(60)

SHOPS: dict[str, Callable[[Live], object]] = {
    "no events": lambda live: items.upsert(live.db, ITEMS),
    "nothing at all": lambda live: None,
    "one day": lambda live: events.store(live.db, [bought(number) for number in range(20)]),
    "no prices": lambda live: events.store(
        live.db, [bought(number, number, price=None, currency=None) for number in MONTHS]
    ),
    "mixed currencies": lambda live: events.store(
        live.db, [bought(number, number, currency=("EUR", "GBP", None)[number % 3]) for number in MONTHS]
    ),
    "very many categories": lambda live: (
        items.upsert(live.db, [item(f"i{number}", category=f"c{number} > d") for number in range(2_000)]),
        events.store(live.db, [bought(number, number, item_id=f"i{number}") for number in MONTHS]),
    ),
    "an item without a name": lambda live: (
        items.upsert(live.db, [item("i0", title=None, category=None), item("i1", title="<b>&", brand='"')]),
        events.store(live.db, [bought(number, number) for number in MONTHS]),
    ),
    "somebody without a history": lambda live: events.store(
        live.db, [bought(1), samples.event(2, event="search", user_id="new", item_id=None, timestamp=NOW)]
    ),
    "only the future": lambda live: events.store(live.db, [bought(1, -400)]),
}


@pytest.fixture(scope="module", params=SHOPS)
def odd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("odd") / "shop"
    make_shop(folder)
    with Live(Settings.read(folder)) as live:
        SHOPS[request.param](live)
        count_days(live.db)
        client = client_of(create_app(live))
        client.headers["accept"] = "text/html"
        yield client
    shutil.rmtree(folder)


@pytest.mark.parametrize("path", [page.LINK.path for page in PAGES])
def test_every_page_answers(odd: TestClient, path: str) -> None:
    for query in ("", "?period=7&compare=1&category=A&brand=x"):
        answer = odd.get(path + query)
        assert answer.status_code == 200, answer.text
        assert "This did not work" not in answer.text
        assert "<b>&" not in answer.text


def test_a_database_that_does_not_answer_is_a_page_too(untrained_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(untrained_folder, tmp_path / "shop")
    with Live(Settings.read(folder)) as live:
        client = client_of(create_app(live))
        client.headers["accept"] = "text/html"
        (folder / "aisle.db").write_bytes(b"no database")
        live.db.engine.dispose()
        answer = client.get("/console/overview")
        assert (answer.status_code, "the shop cannot answer now" in answer.text) == (503, True)
