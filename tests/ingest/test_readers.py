"""Files to raw batches."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from aisle.ingest.batch import RawBatch
from aisle.ingest.readers import Layout, read
from aisle.shop.errors import AisleError, FileError
from tests.ingest.door_files import write


def only(path: Path, layout: Layout | None = None) -> RawBatch:
    """Return a file's one batch."""
    (batch,) = read(path, layout)
    return batch


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.CSV", "a.tsv", "a.txt"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_text_is_read_whatever_stands_between_its_cells(tmp_path: Path, name: str, delimiter: str) -> None:
    path = write(tmp_path / name, delimiter.join("ab"), delimiter.join("12"), delimiter.join("3") + delimiter)
    batch = only(path)
    assert batch.frame.rows() == [("1", "2"), ("3", None)]
    assert batch.lines.to_list() == [2, 3]
    assert batch.position == path.stat().st_size


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    assert only(write(tmp_path / "a.csv", "a,b", "1,2", encoding="utf-8-sig")).frame.columns == ["a", "b"]


def test_line_numbers_count_blank_lines_and_lines_within_quotes(tmp_path: Path) -> None:
    batch = only(write(tmp_path / "a.csv", "a,b", "", '1,"two', 'lines"', "", "3,4"))
    assert batch.frame.rows() == [("1", "two\nlines"), ("3", "4")]
    assert batch.lines.to_list() == [3, 6]


def test_words_for_nothing_are_nothing(tmp_path: Path) -> None:
    assert only(write(tmp_path / "a.csv", "a,b", "NULL,null", "\\N,x")).frame.rows() == [(None, None), (None, "x")]


def test_ragged_rows_are_set_aside_by_line(tmp_path: Path) -> None:
    batch = only(write(tmp_path / "a.csv", "a,b", "1,2", "1", "1,2,3", "3,4"))
    assert batch.frame.rows() == [("1", "2"), ("3", "4")]
    assert [(bad.line, bad.reason) for bad in batch.bad] == [
        (3, "has 1 cells, but the header has 2"),
        (4, "has 3 cells, but the header has 2"),
    ]
    assert batch.bad[1].raw == "1,2,3"


def test_a_line_that_is_not_utf8_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,caf\xe9\n2,caf\xc3\xa9\n")
    batch = only(path)
    assert batch.frame.rows() == [("2", "café")]
    assert [(bad.line, bad.reason) for bad in batch.bad] == [(2, "is not UTF-8; save the file as UTF-8")]


@pytest.mark.parametrize("after", [3, 2_000])
def test_a_quote_that_is_never_closed_costs_its_own_line_only(tmp_path: Path, after: int) -> None:
    path = write(tmp_path / "a.csv", "a,b", '1,"open', *(f"{number},x" for number in range(after)))
    batch = only(path)
    assert batch.frame.height == after
    assert [bad.line for bad in batch.bad] == [2]
    assert batch.lines[0] == 3


def test_a_stray_quote_does_not_swallow_the_lines_up_to_the_next_quote(tmp_path: Path) -> None:
    batch = only(write(tmp_path / "a.csv", "a,b", '1,"open', "2,x", '3,"closed"', "4,x"))
    assert batch.frame["a"].to_list() == ["2", "3", "4"]
    assert [bad.line for bad in batch.bad] == [2]


def test_a_cell_of_5_mb_is_read(tmp_path: Path) -> None:
    batch = only(write(tmp_path / "a.csv", "a,b", "1," + "x" * 5_000_000, "2,y"))
    assert batch.frame["b"].str.len_bytes().to_list() == [5_000_000, 1]


def test_a_nul_is_a_character_like_another(tmp_path: Path) -> None:
    assert only(write(tmp_path / "a.csv", "a,b", "1,\x00")).frame.rows() == [("1", "\x00")]


def test_nameless_columns_get_names(tmp_path: Path) -> None:
    assert only(write(tmp_path / "a.csv", ",b", "1,2")).frame.columns == ["column_1", "b"]


def test_batches_have_the_asked_number_of_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a", *map(str, range(5)))
    assert [batch.frame.height for batch in read(path, rows=2)] == [2, 2, 1]


def test_text_without_a_header_is_read_by_its_layout(tmp_path: Path) -> None:
    path = tmp_path / "u.item"
    path.write_bytes('1|Am\xe9lie "x\n'.encode("latin-1"))
    assert only(path, Layout(("id", "title"), "|", "latin-1")).frame.rows() == [("1", 'Amélie "x')]


def test_a_delimiter_may_have_two_letters(tmp_path: Path) -> None:
    path = write(tmp_path / "ratings.dat", "1::a:b::5")
    assert only(path, Layout(("user", "item", "rating"), "::")).frame.rows() == [("1", "a:b", "5")]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json", "a.jsonl.gz"])
def test_json_lines_keep_the_spelling_of_numbers_and_nested_values(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, '{"a": 1.50, "b": "é", "c": null}', "", '{"d": [1, {"e": 2}], "a": true}')
    batch = only(path)
    assert batch.frame.rows(named=True) == [
        {"a": "1.50", "b": "é", "c": None, "d": None},
        {"a": "true", "b": None, "c": None, "d": '[1, {"e": 2}]'},
    ]
    assert batch.lines.to_list() == [1, 3]


@pytest.mark.parametrize(
    "line", ["[1]", "x", '{"a": NaN}', '{"a": "\\ud800"}', '{"a": ' + "[" * 50_000, '{"a": 1'], ids=range(6)
)
def test_lines_that_are_no_json_objects_are_set_aside(tmp_path: Path, line: str) -> None:
    batch = only(write(tmp_path / "a.jsonl", '{"a": 1}', line, '{"a": 2}'))
    assert batch.frame["a"].to_list() == ["1", "2"]
    assert [bad.line for bad in batch.bad] == [2]
    assert "is not a JSON object" in batch.bad[0].reason


def test_a_json_line_that_is_not_utf8_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": "\xe9"}\n{"a": 1}\n')
    assert only(path).bad[0].reason == "is not UTF-8; save the file as UTF-8"


def test_parquet_is_read_as_text_with_whole_floats_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame(
        {
            "id": [17850.0, None],
            "price": [2.55, float("nan")],
            "when": [datetime(2020, 1, 1, 2, 3, tzinfo=UTC), None],
            "tags": [["a"], None],
            "name": ["", "x"],
            "yes": [True, None],
        }
    ).write_parquet(path)
    batch = only(path)
    assert batch.frame.rows() == [
        ("17850", "2.55", "2020-01-01 02:03:00.000000+00:00", '["a"]', None, "true"),
        (None, "NaN", None, None, "x", None),
    ]
    assert batch.lines.to_list() == [1, 2]
    assert batch.position == path.stat().st_size


def test_parquet_comes_in_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"a": range(5)}).write_parquet(path)
    assert [batch.lines.to_list() for batch in read(path, rows=2)] == [[1, 2], [3, 4], [5]]


def test_excel_is_read_as_text_with_the_numbers_of_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "when", "price"])
        sheet.write_number(1, 0, 17850)
        sheet.write_datetime(1, 1, datetime(2010, 12, 1, 8, 26), book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
        sheet.write_number(3, 2, 2.55)
    batch = only(path)
    assert batch.frame.rows() == [("17850", "2010-12-01 08:26:00", None), (None, None, "2.55")]
    assert batch.lines.to_list() == [2, 4]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.csv does not exist"):
        read(tmp_path / "none.csv")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a folder"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.xlsx", "a.jsonl", "a.csv.gz"])
def test_an_empty_file_is_told_so(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(FileError, match="is empty"):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl"])
def test_a_file_of_blank_lines_is_empty(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, "", "  ")
    with pytest.raises(FileError, match="is empty"):
        read(path)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.xlsx"])
def test_a_header_without_rows_is_told_so(tmp_path: Path, name: str) -> None:
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


def test_an_excel_sheet_with_nothing_in_it_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet()
    with pytest.raises(FileError, match="nothing in its first sheet"):
        read(path)


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.gz", "a.xls", "a.parquet.gz"])
def test_an_unknown_kind_of_file_names_the_known_ones(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(FileError, match=r"unknown kind; give one of \.csv"):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.parquet", "a.xlsx", "a.jsonl.gz"])
def test_a_corrupt_file_is_told_so(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"garbage" * 100)
    with pytest.raises(FileError, match=f"{name} is ") as raised:
        read(tmp_path / name)
    assert "\n" not in str(raised.value)


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


def test_a_header_that_is_not_utf8_names_the_remedy(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "pre\xe7o,b", "1,2", encoding="latin-1")
    with pytest.raises(FileError, match="not UTF-8 text; save it as UTF-8"):
        read(path)


def test_lines_that_end_with_cr_alone_name_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\r1,2\r")
    with pytest.raises(FileError, match="save it with LF"):
        read(tmp_path / "a.csv")


def test_windows_line_ends_are_no_part_of_a_cell(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\r\n1,2\r\n")
    assert only(tmp_path / "a.csv").frame.rows() == [("1", "2")]


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,a", "1,2")
    with pytest.raises(FileError, match="two columns named 'a'"):
        read(path)


def test_one_json_list_names_the_remedy(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", '[{"a": 1}]')
    with pytest.raises(FileError, match="one object a line"):
        read(path)


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AisleError, match="cannot be opened"):
        read(tmp_path / ("x" * 300 + ".csv"))


def test_a_gzip_that_is_plain_text_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(FileError, match="is damaged"):
        read(tmp_path / "a.csv.gz")


def test_a_json_line_with_a_key_twice_is_set_aside(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"a": 1}', '{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 2}}')
    (batch,) = read(path)
    assert [(bad.line, bad.reason) for bad in batch.bad] == [
        (2, "is not a JSON object: 'a' is given twice; send it once"),
        (3, "is not a JSON object: 'b' is given twice; send it once"),
    ]
