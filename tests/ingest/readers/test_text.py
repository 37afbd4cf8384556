import gzip
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aisle.ingest.readers import Layout, read, text
from aisle.shop.errors import FileError
from tests.ingest.files import only, write


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


def test_words_for_an_empty_cell_are_null(tmp_path: Path) -> None:
    assert only(write(tmp_path / "a.csv", "a,b", "NULL,null", "\\N,x")).frame.rows() == [(None, None), (None, "x")]


def test_ragged_rows_are_rejected_by_line(tmp_path: Path) -> None:
    batch = only(write(tmp_path / "a.csv", "a,b", "1,2", "1", "1,2,3", "3,4"))
    assert batch.frame.rows() == [("1", "2"), ("3", "4")]
    assert [(bad.line, bad.reason) for bad in batch.bad] == [
        (3, "has 1 cells, but the header has 2"),
        (4, "has 3 cells, but the header has 2"),
    ]
    assert batch.bad[1].raw == "1,2,3"


def test_a_line_that_is_not_utf8_is_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,caf\xe9\n2,caf\xc3\xa9\n")
    batch = only(path)
    assert batch.frame.rows() == [("2", "café")]
    reason = "is not UTF-8; save the file as UTF-8, or name its --encoding"
    assert [(bad.line, bad.reason) for bad in batch.bad] == [(2, reason)]


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


PIECES = [
    b"a",
    b"1",
    b",",
    b",",
    b'"',
    b'""',
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"\x00",
    b"\xe9",
    "é".encode(),
    b"\x1f",
    b" ",
]
BODIES = st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)
LINES = st.lists(st.sampled_from([b"a,b\n", b'"a,b",c\n', b'"a\n', b'b",c\n', b"\n", b"a\n", b"\xff,b\n"]), max_size=20)


def contents(body: bytes, block: int, rows: int, layout: Layout | None, *, zipped: bool) -> list[Any] | str:
    """Return the batches of a file that is split in blocks of lines, or why it cannot be read."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "BLOCK_LINES", block)
        path = Path(folder) / ("a.csv.gz" if zipped else "a.csv")
        path.write_bytes(gzip.compress(body) if zipped else body)
        try:
            batches = list(read(path, layout, rows))
        except FileError as error:
            return str(error).replace(folder, "")
        return [(batch.frame.rows(), batch.lines.to_list(), batch.bad) for batch in batches]


@settings(max_examples=300, deadline=None)
@given(BODIES | LINES.map(b"".join), st.sampled_from([1, 2, 3, 1000]), st.sampled_from([1, 3, 100]), st.booleans())
@example(b'a,"b\nc",d\n', 2, 100, False)
@example(b'a,b\n"c,d\n', 1000, 100, False)
@example(b"a,b\n\nc,d", 1000, 100, True)
def test_blocks_of_lines_and_single_lines_agree(body: bytes, block: int, rows: int, zipped: bool) -> None:
    log = b"x,y\n" + body
    assert contents(log, block, rows, None, zipped=zipped) == contents(log, 0, rows, None, zipped=zipped)


@settings(max_examples=100, deadline=None)
@given(BODIES, st.sampled_from([1, 2, 1000]), st.sampled_from([",", "::", ",a"]))
def test_blocks_of_lines_and_single_lines_agree_without_a_header(body: bytes, block: int, delimiter: str) -> None:
    layout = Layout(("x", "y"), delimiter, "latin-1")
    assert contents(body, block, 100, layout, zipped=False) == contents(body, 0, 100, layout, zipped=False)


def test_blocks_before_the_damage_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    whole = gzip.compress(b"x,y\n" + b"".join(b"%d,%d\n" % (number, number * 7919) for number in range(200_000)))
    path.write_bytes(whole[: len(whole) * 9 // 10])
    heights: list[int] = []
    with pytest.raises(FileError, match="damaged after line"):
        heights.extend(batch.frame.height for batch in read(path, rows=1_000))
    assert sum(heights) > 150_000


def test_a_header_of_too_many_columns_is_refused_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ",".join(map(str, range(10_001))), "1")
    with pytest.raises(FileError, match="has 10,001 columns, more than 10,000"):
        read(path)


def test_a_first_line_that_is_no_header_is_a_row(tmp_path: Path) -> None:
    (batch,) = read(write(tmp_path / "a.csv", "1;2", "3;4"), header=False)
    assert (batch.frame.columns, batch.frame.rows()) == (["column_1", "column_2"], [("1", "2"), ("3", "4")])
    assert batch.lines.to_list() == [1, 2]


def test_an_encoding_is_for_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", "{}")
    with pytest.raises(FileError, match="is no delimited text; drop --encoding and --no-header"):
        read(path, encoding="cp1252")


def test_bytes_that_an_encoding_does_not_have_are_its_own_reject(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,x\x81\n2,y\n")
    (batch,) = read(path, encoding="cp1252")
    assert [(bad.line, bad.reason[:15]) for bad in batch.bad] == [(2, "is not CP1252; ")]
