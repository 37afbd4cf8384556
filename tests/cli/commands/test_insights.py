"""`aisle insights`: sentences for people, tables for programs, a page with charts."""

import re
import shutil
from pathlib import Path

import msgspec
import polars as pl
import pytest

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.insights.every import INSIGHTS
from aisle.shop import moments
from aisle.shop.columns import EVENTS
from aisle.shop.errors import InputError
from aisle.shop.moments import DAY
from aisle.shop.schemas import conform
from tests.runner import Runner


@pytest.fixture
def shop(untrained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_folder, tmp_path / "shop")


def test_sentences_are_read_by_people_and_tables_by_programs(aisle: Runner, shop: Path) -> None:
    assert "240 events" in aisle("-C", shop, "insights").out
    told = msgspec.json.decode(aisle("-C", shop, "insights", "--json").out)
    assert [insight["name"] for insight in told] == list(INSIGHTS)
    categories = next(insight for insight in told if insight["name"] == "categories")
    assert {row["category"] for row in categories["rows"]} == {"Tea", "Tools"}
    assert categories["currency"] == "GBP"


def test_one_may_ask_for_some(aisle: Runner, shop: Path) -> None:
    told = msgspec.json.decode(aisle("-C", shop, "insights", "rfm", "stars", "--json").out)
    assert [insight["name"] for insight in told] == ["rfm", "stars"]
    with (
        Shop(Settings.read(shop)) as opened,
        pytest.raises(InputError, match="'moon' is no insight; choose from funnel"),
    ):
        opened.insights(["moon"])


def test_the_page_loads_nothing(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    page = tmp_path / "insights.html"
    assert str(page) in aisle("-C", shop, "insights", "--html", page).out.replace("\n", "")
    html = re.sub(r"<script>.*?</script>", "", page.read_text(), flags=re.DOTALL)
    assert re.findall(r"<(?:link|img|iframe)|src=|href=\"(?!data:|#)|url\(|@import", html) == []
    assert html.count('<div class="drawing">') > 5


def test_an_empty_shop_has_no_insights(aisle: Runner, tmp_path: Path) -> None:
    aisle("init", tmp_path / "new")
    ran = aisle("-C", tmp_path / "new", "insights")
    assert (ran.code, "no events yet" in ran.err) == (2, True)


def test_a_shop_whose_clock_is_wrong_is_told(aisle: Runner, tmp_path: Path) -> None:
    aisle("init", tmp_path / "new")
    ahead = {"event_id": "1", "event": "view_item", "item_id": "mug", "timestamp": moments.now() + 9 * DAY}
    with Shop.open(tmp_path / "new") as opened:
        opened.import_trusted([("events", conform(pl.DataFrame([ahead]), EVENTS))])
    ran = aisle("-C", tmp_path / "new", "insights")
    assert (ran.code, "all 1 events are from the future" in ran.err) == (2, True)
