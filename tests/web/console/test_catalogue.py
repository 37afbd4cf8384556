"""The page of the catalogue: coverage, filters, order, paging and the file."""

import csv
import io
import re
import shutil
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from aisle.app.data.setup import make_shop
from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.shop.moments import DAY, now
from aisle.storage.catalogue import items
from aisle.storage.shelves import days, impressions
from aisle.storage.shelves.days import Counts
from aisle.storage.shelves.impressions import Impression, ServedItem
from aisle.storage.shoppers import segments
from aisle.web.app import create_app
from tests.storage import samples
from tests.web.clients import client_of

TODAY = now() - now() % DAY


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """120 mugs, of which every third has no price; `mug-007` was shown most, on the shelf home."""
    folder = tmp_path_factory.mktemp("catalogue") / "shop"
    make_shop(folder)
    with Live(Settings.read(folder)) as live:
        rows = [
            samples.row(
                "items", item_id=f"mug-{number:03}", title="=1+1" if number == 7 else f"Mug No {number}",
                category="Kitchen > Mugs" if number < 100 else "Office", brand="Acme" if number % 2 else None,
                price=None if number % 3 == 0 else number * 1_000_000, currency="EUR",
            )
            for number in range(120)
        ]  # fmt: skip
        items.upsert(live.db, rows)
        shown = [(TODAY, "mug-007", 40, 9, 3, 0, 5, 0), (TODAY, "mug-110", 20, 5, 4, 0, 1, 0)]
        days.replace(live.db, TODAY, Counts([], shown, [(TODAY, "", 9, *(0,) * 14)]), 1)
        shelf = Impression("r", now(), "u", None, "home", "personal", None, 3, (ServedItem("mug-007", 1, None, 1.0),))
        impressions.add(live.db, [shelf])
        yield live
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def page(live: Live) -> TestClient:
    client = client_of(create_app(live))
    client.headers["accept"] = "text/html"
    return client


def shown(page: TestClient, query: str) -> list[str]:
    text = page.get(f"/console/catalogue{query}").text
    return re.findall(r"<bdi>(mug-\d+)</bdi></span>", text)


@pytest.fixture(scope="module")
def segment(live: Live) -> str:
    """A segment of the one shopper who was shown `mug-007`, and one of nobody."""
    segments.set_members(live.db, segments.add(live.db, "fans", "{}").number, ["u"], now())
    segments.set_members(live.db, segments.add(live.db, "nobody", "{}").number, [], now())
    return "fans"


def test_what_is_shown_and_sold_is_that_of_a_segment(page: TestClient, segment: str) -> None:
    text = page.get("/console/catalogue", params={"segment": segment}).text
    assert "120 items; 1 of them stood on a shelf of these members" in text
    assert "only for the 1 members of <bdi>fans</bdi>" in text
    assert shown(page, f"?segment={segment}&placement=home") == ["mug-007"]
    listed = list(csv.DictReader(io.StringIO(page.get("/console/catalogue/csv", params={"segment": segment}).text)))
    assert {row["places"] for row in listed if row["item_id"] == "mug-007"} == {"1"}
    assert "Nobody belongs to it" in page.get("/console/catalogue?segment=nobody").text
    assert page.get("/console/catalogue?segment=gone").status_code == 422


def test_the_page_says_what_the_catalogue_has(page: TestClient) -> None:
    text = page.get("/console/catalogue").text
    assert "120 items; 2 of them stood on a shelf" in text
    assert "67%, 40 lack it" in text
    assert 'href="/console/catalogue?placement=home"' in text


def test_items_come_by_exposure_fifty_to_a_page(page: TestClient) -> None:
    first, last = shown(page, ""), shown(page, "?page=3")
    assert first[:3] == ["mug-007", "mug-110", "mug-000"]
    assert (len(first), len(last), last[-1]) == (50, 20, "mug-119")
    assert shown(page, "?page=99") == last
    assert page.get("/console/catalogue?page=0").status_code == 422


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=no+11", ["mug-110", "mug-011", *(f"mug-{number}" for number in range(111, 120))]),
        ("?q=MUG-007", ["mug-007"]),
        ("?category=Office&missing=price&brand=Acme", ["mug-105", "mug-111", "mug-117"]),
        ("?placement=home", ["mug-007"]),
        ("?category=Offi", []),
    ],
)
def test_filters_stack(page: TestClient, query: str, found: list[str]) -> None:
    assert shown(page, query) == found


@pytest.mark.parametrize(
    ("sort", "first"), [("clicks", "mug-110"), ("price", "mug-119"), ("title", "mug-007"), ("units", "mug-007")]
)
def test_the_order_is_chosen(page: TestClient, sort: str, first: str) -> None:
    assert shown(page, f"?sort={sort}")[0] == first


def test_the_list_is_a_file_without_formulas(page: TestClient) -> None:
    answer = page.get("/console/catalogue/csv?q=mug-007")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["title"], row["places"], row["shelves"], row["missing"]) == (
        "'=1+1", "40", "home", "image_url, stock",
    )  # fmt: skip
    assert answer.headers["content-type"].startswith("text/csv")
