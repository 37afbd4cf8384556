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
    html = page.read_text()
    assert re.findall(r"<(?:script|link|img|iframe)|src=|href=|url\(|@import|https?:", html) == []
    assert html.count("<svg") == html.count("</svg>") == 3


def test_an_empty_shop_has_no_profile(aisle: Runner, tmp_path: Path) -> None:
    aisle("init", tmp_path / "new")
    ran = aisle("-C", tmp_path / "new", "profile")
    assert (ran.code, "no events yet" in ran.err) == (2, True)


def test_parts_make_no_difference(shop: Path) -> None:
    settings = Settings.read(shop)
    with connect(settings.database_url) as db:
        assert profile(db, settings, part_events=7) == profile(db, settings)


def test_an_export_round_trips(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    out, again, other = tmp_path / "out", tmp_path / "again", tmp_path / "other"
    assert "240 events, 20 items" in aisle("-C", shop, "export", "--to", "parquet", out).out
    aisle("init", other)
    first = msgspec.json.decode(aisle("-C", other, "import", out, "--json").out)["tables"]
    second = msgspec.json.decode(aisle("-C", other, "import", out, "--json").out)["tables"]
    assert (first["events"]["stored"], first["items"]["stored"]) == (240, 20)
    assert (second["events"]["duplicate"], second["items"]["duplicate"]) == (240, 20)
    aisle("-C", other, "export", again)
    for name, key in (("events", "event_id"), ("items", "item_id"), ("interactions", ["user_id", "item_id"])):
        files = [pl.read_parquet(folder / f"{name}.parquet").sort(key) for folder in (out, again)]
        assert files[0].equals(files[1])


def test_exported_prices_are_money_and_interactions_are_pairs(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    aisle("-C", shop, "export", tmp_path / "out")
    events = pl.read_parquet(tmp_path / "out" / "events.parquet")
    assert {str(price) for price in events["price"].unique()} == {"12.500000"}
    pairs = pl.read_parquet(tmp_path / "out" / "interactions.parquet")
    assert pairs.columns == ["user_id", "item_id", "weight", "timestamp", "events"]
    assert (pairs.height, pairs["weight"].is_between(0, 1).all()) == (240, True)


def test_an_export_takes_nobodys_place_and_an_import_needs_all_files(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    assert "is there already" in aisle("-C", shop, "export", tmp_path).err
    assert "cannot write" in aisle("-C", shop, "export", tmp_path / "no" / "where").err
    (tmp_path / "empty").mkdir()
    assert "has no items.parquet" in aisle("-C", shop, "import", tmp_path / "empty").err
    for name in ("items", "users", "events", "reviews"):
        (tmp_path / "empty" / f"{name}.parquet").write_text("no such file")
    assert "items.parquet is damaged" in aisle("-C", shop, "import", tmp_path / "empty").err


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
