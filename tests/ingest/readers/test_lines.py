from pathlib import Path

import pytest

from aisle.ingest.readers import read
from aisle.shop.errors import FileError
from tests.ingest.files import write


def test_a_gzip_cut_short_gives_the_rows_before_the_damage(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.csv.gz", "a", *map(str, range(300_000))).read_bytes()
    (tmp_path / "a.csv.gz").write_bytes(whole[: len(whole) // 2])
    batches = read(tmp_path / "a.csv.gz", rows=1_000)
    assert next(batches).frame.height == 1_000
    with pytest.raises(FileError, match=r"is damaged after line \d+"):
        list(batches)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf16_names_the_remedy(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", "a,b", "1,2", encoding=encoding)
    with pytest.raises(FileError, match="save it as UTF-8"):
        read(path)


def test_a_gzip_that_is_plain_text_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(FileError, match=r"is not gzipped, in spite of its name; drop \.gz"):
        read(tmp_path / "a.csv.gz")
