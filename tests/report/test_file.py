from pathlib import Path

import pytest

from aisle.report.file import check_target, write_page
from aisle.shop.errors import FileError


def test_a_page_appears_whole_and_replaces_an_older_one(tmp_path: Path) -> None:
    page = tmp_path / "models.html"
    page.write_text("old")

    write_page("€ new", page)

    assert page.read_text("utf-8") == "€ new"
    assert list(tmp_path.iterdir()) == [page]


def test_a_target_may_or_may_not_exist(tmp_path: Path) -> None:
    check_target(tmp_path / "models.html")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"there is no folder .*reports for models\.html; make it first"):
        check_target(tmp_path / "reports" / "models.html")


def test_a_folder_is_no_target(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a folder; name a file in it"):
        check_target(tmp_path)


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    taken = tmp_path / "models.html"
    taken.mkdir()

    with pytest.raises(FileError, match=r"cannot write .*models\.html"):
        write_page("page", taken)

    assert list(tmp_path.iterdir()) == [taken]
