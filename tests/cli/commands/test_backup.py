from pathlib import Path

import msgspec

from tests.runner import Runner


def test_a_shop_goes_into_a_file_and_comes_back(aisle: Runner, folder: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "shop.backup", tmp_path / "new"
    assert "240 events" in aisle("-C", folder, "backup", file).out
    new.mkdir()
    ran = aisle("-C", new, "restore", file)
    assert "20 items" in ran.out
    assert "model 1, as of 20" in ran.out
    again = aisle("-C", new, "restore", file)
    assert (again.code, "--force" in again.err) == (2, True)
    forced = aisle("-C", new, "restore", file, "--force", "--json")
    assert msgspec.json.decode(forced.out)["rows"]["events"] == 240
