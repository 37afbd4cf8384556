import tomllib
from pathlib import Path
from typing import Any

import pytest

from aisle.app.data.settings_file import write_settings
from aisle.app.settings import FILE, TEMPLATE
from aisle.shop.errors import FileError


def written(folder: Path, text: str, **settings: Any) -> str:
    file = folder / FILE
    file.write_text(text)
    write_settings(file, ("models", "als"), settings)
    return file.read_text()


def test_a_section_is_added_at_the_end(tmp_path: Path) -> None:
    text = TEMPLATE.format(name='"Gifts"')
    assert written(tmp_path, text, factors=64) == text + "\n[models.als]\nfactors = 64\n"


def test_a_setting_is_changed_where_it_stands(tmp_path: Path) -> None:
    text = "[models.als]\n# tried in spring\nfactors = 32 # few\niterations = 3\n\n[serve]\nport = 1\n"
    assert written(tmp_path, text, factors=64) == text.replace("32", "64")


@pytest.mark.parametrize(
    "text",
    [
        "[models]\nals = { factors = 3, iterations = 4 }\n",
        "models.als.factors = 3\nmodels.als.iterations = 4\n",
        "[models.als]\nfactors = 3\niterations = 4\n[serve]\nport = 1\n[models.svd]\nfactors = 5\n",
        "[models.svd]\nfactors = 5\n[serve]\nport = 1\n[models.als]\nfactors = 3\niterations = 4\n",
    ],
)
def test_a_section_is_found_however_it_is_written(tmp_path: Path, text: str) -> None:
    before = tomllib.loads(text)
    before["models"]["als"]["factors"] = 64
    assert tomllib.loads(written(tmp_path, text, factors=64)) == before


def test_none_removes_a_setting(tmp_path: Path) -> None:
    text = "[models.als]\nfactors = 32\niterations = 3\n"
    assert written(tmp_path, text, factors=None, cg_steps=None) == "[models.als]\niterations = 3\n"


def test_a_missing_file_is_created(tmp_path: Path) -> None:
    write_settings(tmp_path / FILE, ("models", "als"), {"factors": 64})
    assert (tmp_path / FILE).read_text() == "[models.als]\nfactors = 64\n"
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_a_folder_that_refuses_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cannot write .*nowhere/aisle\.toml: No such file .*; make the folder"):
        write_settings(tmp_path / "nowhere" / FILE, ("models", "als"), {"factors": 64})
