import re
from pathlib import Path

import pytest

from aisle.app.data.setup import make_shop
from aisle.app.settings import FILE, Settings
from aisle.shop.errors import FileError, SettingsError
from aisle.storage.connection import connect
from aisle.storage.log import events


def test_a_new_shop_has_settings_and_an_empty_database(tmp_path: Path) -> None:
    folder = make_shop(tmp_path / "gifts")
    settings = Settings.read(folder)
    assert settings.shop.name == "gifts"
    with connect(settings.database_url) as db:
        assert events.count(db) == 0


def test_an_existing_shop_keeps_its_settings(tmp_path: Path) -> None:
    make_shop(tmp_path, "First")
    make_shop(tmp_path, "Second")
    assert Settings.read(tmp_path).shop.name == "First"


@pytest.mark.parametrize("name", ['Tea & "Tools"', "C:\\shop", "Läden 😀"])
def test_any_printable_name_is_allowed(tmp_path: Path, name: str) -> None:
    assert Settings.read(make_shop(tmp_path, name)).shop.name == name


def test_a_name_with_control_characters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="control characters"):
        make_shop(tmp_path, "a\nb")


def test_a_database_of_its_own_is_written_down(tmp_path: Path) -> None:
    make_shop(tmp_path, url="sqlite:///events.db")
    assert (tmp_path / "events.db").is_file()
    assert Settings.read(tmp_path).database_url.endswith("events.db")


def test_a_simulated_shop_says_so(tmp_path: Path) -> None:
    assert Settings.read(make_shop(tmp_path, simulated=True)).shop.simulated


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(FileError, match=re.escape(str(tmp_path / "taken"))):
        make_shop(tmp_path / "taken")
    assert not (tmp_path / FILE).exists()
