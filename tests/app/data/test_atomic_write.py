from pathlib import Path

import pytest

from aisle.app.data.atomic_write import atomic_write, check_new
from aisle.shop.errors import FileError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_the_place_of_the_old_one_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    with atomic_write(target) as partial:
        partial.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert names(tmp_path) == ["out.csv"]


def test_a_folder_appears_with_its_files(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "out") as partial:
        partial.mkdir()
        (partial / "a").write_text("a")
        assert not (tmp_path / "out").exists()
    assert names(tmp_path / "out") == ["a"]


@pytest.mark.parametrize("folder", [True, False])
def test_a_block_that_fails_leaves_nothing_behind(tmp_path: Path, folder: bool) -> None:
    def write(partial: Path) -> None:
        if folder:
            partial.mkdir()
            (partial / "a").write_text("a")
        else:
            partial.write_text("half")
        raise KeyError("row")

    with pytest.raises(KeyError), atomic_write(tmp_path / "out") as partial:
        write(partial)
    assert names(tmp_path) == []


def test_what_the_disk_refuses_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "out.csv"
    with (
        pytest.raises(FileError, match=r"cannot write .*out\.csv: No such file or directory; make room"),
        atomic_write(target, "make room") as partial,
    ):
        partial.write_text("new")


def test_a_target_that_exists_is_refused(tmp_path: Path) -> None:
    check_new(tmp_path / "out")
    with pytest.raises(FileError, match="is there already; choose another place"):
        check_new(tmp_path)
