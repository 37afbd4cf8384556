import shutil
from pathlib import Path

import msgspec
import pytest

from aisle.app.settings import Settings
from aisle.shop.moments import now
from aisle.storage.connection import connect
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import Impression, ServedItem
from tests.runner import Runner


@pytest.fixture
def shop(untrained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_folder, tmp_path / "shop")


def serve(shop: Path) -> None:
    places = tuple(ServedItem(f"tea-{number}", number, None, 1.0) for number in range(1, 5))
    with connect(Settings.read(shop).database_url) as db:
        impressions.add(db, [Impression("r", now(), "user-0", None, "home", "personal", None, 3, places)])


def test_kpis_are_read_by_people_and_programs(aisle: Runner, shop: Path) -> None:
    serve(shop)
    told = aisle("-C", shop, "kpis", "--by", "placement, audience").out
    assert "home" in told
    assert "20.0% of the catalogue stood on a shelf" in told
    read = msgspec.json.decode(aisle("-C", shop, "kpis", "--json").out)
    assert read["shelves"][0] | {"placement": "home", "places": 4, "ctr": None} == read["shelves"][0]
    assert read["shop"][0]["currency"] == "GBP"


def test_a_shop_that_has_shown_no_shelf_says_how_to(aisle: Runner, shop: Path) -> None:
    assert "No shelf was served in these days: aisle serve" in aisle("-C", shop, "kpis").out


def test_a_shop_without_events_says_so(aisle: Runner, tmp_path: Path) -> None:
    aisle("init", tmp_path / "new")
    assert "Nothing happened" in aisle("-C", tmp_path / "new", "kpis").out


def test_an_unknown_way_to_tell_shelves_apart_is_one_line(aisle: Runner, shop: Path) -> None:
    ran = aisle("-C", shop, "kpis", "--by", "colour")
    assert (ran.code, ran.err.strip().count("\n")) == (2, 0)
    assert "choose from placement, strategy, model_version, variant, audience, day" in ran.err
