from pathlib import Path

import polars as pl
import pytest

from aisle.ingest.readers import read
from aisle.shop.errors import AisleError, FileError
from tests.ingest.files import write


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.csv does not exist"):
        read(tmp_path / "none.csv")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a folder"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.xlsx", "a.jsonl", "a.csv.gz"])
def test_an_empty_file_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(FileError, match="is empty"):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl"])
def test_a_file_of_blank_lines_is_empty(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, "", "  ")
    with pytest.raises(FileError, match="is empty"):
        read(path)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.xlsx"])
def test_a_header_without_rows_is_reported(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    frame = pl.DataFrame(schema={"a": pl.String, "b": pl.String})
    if name == "a.csv":
        write(path, "a,b")
    elif name == "a.parquet":
        frame.write_parquet(path)
    else:
        frame.write_excel(path)
    with pytest.raises(FileError, match="has a header and no rows"):
        read(path)


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.gz", "a.xls", "a.parquet.gz"])
def test_an_unknown_kind_of_file_names_the_known_ones(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(FileError, match=r"unknown kind; give one of \.csv"):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.parquet", "a.xlsx", "a.jsonl.gz"])
def test_a_corrupt_file_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"garbage" * 100)
    with pytest.raises(FileError, match=f"{name} is ") as raised:
        read(tmp_path / name)
    assert "\n" not in str(raised.value)


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AisleError, match="cannot be opened"):
        read(tmp_path / ("x" * 300 + ".csv"))
