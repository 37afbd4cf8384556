"""`aisle segments`, `aisle marts` and `aisle kpis --by segment`, as a person calls them."""

import shutil
from pathlib import Path

import msgspec
import pytest

from tests.runner import Runner


@pytest.fixture
def shop(untrained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_folder, tmp_path / "shop")


def test_a_segment_from_its_rule_to_a_mailing(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    rule = tmp_path / "rule.json"
    rule.write_text('{"rule":"did","events":["purchase"],"category":"Tea"}')
    assert "20 shoppers belong to it" in aisle("-C", shop, "segments", "create", "tea", f"@{rule}").out
    assert "20" in aisle("-C", shop, "segments", "show", "tea").out
    listed = msgspec.json.decode(aisle("-C", shop, "segments", "list", "--update", "--json").out)
    assert {one["name"]: one["size"] for one in listed}["tea"] == 20
    out = aisle("-C", shop, "segments", "export", "tea", tmp_path / "tea.csv").out
    assert "holds 0 of 20 members" in out
    assert "no attribute 'consent'" in out
    assert "tea" in aisle("-C", shop, "kpis", "--by", "segment", "--days", "100").out
    assert "is deleted" in aisle("-C", shop, "segments", "delete", "tea", "--yes").out
    missing = aisle("-C", shop, "segments", "show", "tea")
    assert (missing.code, "there is no segment 'tea'" in missing.err) == (2, True)


def test_marts_are_built_and_exported(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    early = aisle("-C", shop, "marts", "export", tmp_path / "out")
    assert (early.code, "run aisle marts build" in early.err) == (2, True)
    built = msgspec.json.decode(aisle("-C", shop, "marts", "build", "--json").out)
    assert built["rows"]["mart_users"] == 40
    assert "of 13 tables" in aisle("-C", shop, "marts", "export", tmp_path / "out").out


def test_a_rule_that_cannot_be_read_is_one_line(aisle: Runner, shop: Path) -> None:
    for rule in ("@nowhere.json", "{"):
        ran = aisle("-C", shop, "segments", "create", "tea", rule)
        assert (ran.code, ran.err.strip().splitlines()[-1].startswith("aisle: ")) == (2, True)
