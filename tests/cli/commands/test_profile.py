import re
import shutil
from pathlib import Path

import msgspec
import polars as pl
import pytest

from aisle.app.data.quality import profile
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.storage.connection import connect
from tests.runner import Runner


@pytest.fixture
def shop(untrained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_folder, tmp_path / "shop")


def test_a_profile_is_read_by_people_and_programs(aisle: Runner, shop: Path) -> None:
    assert "without an image" in aisle("-C", shop, "profile").out
    quality = msgspec.json.decode(aisle("-C", shop, "profile", "--json").out)
    assert (quality["events"], quality["visitors"], quality["items"]) == (240, 40, 20)
    assert {"name", "severity", "count", "of", "example", "advice"} <= quality["findings"][0].keys()


def test_the_page_loads_nothing_and_escapes_names(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    page = tmp_path / "quality.html"
    assert str(page) in aisle("-C", shop, "profile", "--html", page).out.replace("\n", "")
    html = re.sub(r"<script>.*?</script>", "", page.read_text(), flags=re.DOTALL)
    assert re.findall(r"<(?:link|img|iframe)|src=|href=\"(?!data:)|url\(|@import", html) == []
    assert html.count('<figure class="chart">') == 3


def test_an_empty_shop_has_no_profile(aisle: Runner, tmp_path: Path) -> None:
    aisle("init", tmp_path / "new")
    ran = aisle("-C", tmp_path / "new", "profile")
    assert (ran.code, "no events yet" in ran.err) == (2, True)


def test_parts_make_no_difference(shop: Path) -> None:
    settings = Settings.read(shop)
    with connect(settings.database_url) as db:
        assert profile(db, settings, part_events=7) == profile(db, settings)


def test_training_excludes_bots_on_request(shop: Path) -> None:
    start = 1_700_000_000
    bot = pl.DataFrame(
        {"event": "view_item", "user_id": "bot", "item_id": "tea-1", "timestamp": range(start, start + 80)}
    )
    with Shop.open(shop) as opened:
        opened.import_events(bot)
        everybody = opened.train("popularity").events
    with Shop(Settings.read(shop, train={"leave_out_bots": True})) as strict:
        assert strict.train("popularity").events == everybody - 80
