"""Lines split many at once are the lines split one by one, whatever they hold."""

import gzip
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aisle.ingest.readers import Layout, read, text
from aisle.shop.errors import FileError

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


def _read(body: bytes, at_once: int, rows: int, layout: Layout | None, *, zipped: bool) -> list[Any] | str:
    """Return all that a file says, or why it cannot be read."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "AT_ONCE", at_once)
        path = Path(folder) / ("a.csv.gz" if zipped else "a.csv")
        path.write_bytes(gzip.compress(body) if zipped else body)
        try:
            batches = list(read(path, layout, rows))
        except FileError as error:
            return str(error).replace(folder, "")
        return [(one.frame.rows(), one.lines.to_list(), one.bad) for one in batches]


@settings(max_examples=300, deadline=None)
@given(BODIES | LINES.map(b"".join), st.sampled_from([1, 2, 3, 1000]), st.sampled_from([1, 3, 100]), st.booleans())
@example(b'a,"b\nc",d\n', 2, 100, False)
@example(b'a,b\n"c,d\n', 1000, 100, False)
@example(b"a,b\n\nc,d", 1000, 100, True)
def test_at_once_and_one_by_one_agree(body: bytes, at_once: int, rows: int, zipped: bool) -> None:
    log = b"x,y\n" + body
    assert _read(log, at_once, rows, None, zipped=zipped) == _read(log, 0, rows, None, zipped=zipped)


@settings(max_examples=100, deadline=None)
@given(BODIES, st.sampled_from([1, 2, 1000]), st.sampled_from([",", "::", ",a"]))
def test_at_once_and_one_by_one_agree_without_a_header(body: bytes, at_once: int, delimiter: str) -> None:
    layout = Layout(("x", "y"), delimiter, "latin-1")
    assert _read(body, at_once, 100, layout, zipped=False) == _read(body, 0, 100, layout, zipped=False)


def test_rows_before_the_damage_are_read_at_once_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    whole = gzip.compress(b"x,y\n" + b"".join(b"%d,%d\n" % (number, number * 7919) for number in range(200_000)))
    path.write_bytes(whole[: len(whole) * 9 // 10])
    found: list[int] = []
    with pytest.raises(FileError, match="damaged after line"):
        found.extend(batch.frame.height for batch in read(path, rows=1_000))
    assert sum(found) > 150_000
