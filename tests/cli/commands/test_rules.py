from pathlib import Path

import msgspec
import pytest

from aisle.app.shop import Shop
from tests.runner import Runner


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sale.toml"
    path.write_text(
        '[placements.bestsellers]\npins = ["tool-3", "gone"]\n\n[placements.bestsellers.locks]\ntea-1 = 4\n'
    )
    return path


def test_rules_are_tried_published_shown_exported_and_taken_back(aisle: Runner, folder: Path, file: Path) -> None:
    tried = aisle("-C", folder, "rules", "publish", file, "--dry-run").out
    assert "bestsellers: 100 % of shelves change" in tried
    assert "bestsellers: gone is not in the catalogue and is skipped." in tried
    assert "Nothing is published" in aisle("-C", folder, "rules", "export").out
    assert "bestsellers: version 1 is published." in aisle("-C", folder, "rules", "publish", file).out
    exported = aisle("-C", folder, "rules", "export").out
    assert exported.splitlines() == file.read_text().splitlines()
    assert "pins, locks" in aisle("-C", folder, "rules", "list").out
    shown = aisle("-C", folder, "rules", "show", "bestsellers").out
    assert 'pins = ["tool-3", "gone"]' in shown
    with Shop.open(folder) as shop:
        assert shop.recommend(None, 5, placement="bestsellers").items[0].item_id == "tool-3"
    undone = aisle("-C", folder, "rules", "undo", "bestsellers").out
    assert "Version 1 is taken back: the rules of aisle.toml hold." in undone
    history = msgspec.json.decode(aisle("-C", folder, "rules", "show", "bestsellers", "--json").out)["history"]
    assert [line[1] for line in history] == [2, 1]
    assert "takes back 1" in aisle("-C", folder, "rules", "show", "bestsellers").out


def test_a_schedule_is_told(aisle: Runner, folder: Path, file: Path) -> None:
    aisle("-C", folder, "rules", "publish", file, "--from", "2099-01-01", "--to", "2099-01-02T12:00")
    listed = msgspec.json.decode(aisle("-C", folder, "rules", "list", "--json").out)
    (row,) = next(one for one in listed if one["placement"] == "bestsellers")["to_come"]
    assert row[1] == 1
    assert "2099-01-02 12:00" in aisle("-C", folder, "rules", "show", "bestsellers").out


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("[placements.attic]\n", (), "no placement 'attic'"),
        ("[placements.cart]\nprices = 1\n", (), "prices"),
        ("[placements.cart]\npins = []\n", ("--from", "soon"), "'soon' is no moment"),
        ("pins = []\n", (), "has no section [placements.NAME]"),
        ("[placements]\ncart = 1\n", (), "has no section [placements.NAME]"),
        ("[", (), "cannot be read as TOML"),
    ],
)
def test_a_wrong_file_is_told(
    aisle: Runner, folder: Path, tmp_path: Path, text: str, options: tuple[str, ...], message: str
) -> None:
    (tmp_path / "rules.toml").write_text(text)
    ran = aisle("-C", folder, "rules", "publish", tmp_path / "rules.toml", *options)
    assert (ran.code, message in ran.err) == (2, True), ran.err
