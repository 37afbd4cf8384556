from pathlib import Path

import pytest

from aisle.ingest.formats import recognise
from aisle.ingest.plan import Plan
from aisle.shop.errors import FormatError
from tests.ingest.files import ingest, write


def test_an_unknown_format_names_the_known_ones(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "x,y", "1,2")
    with pytest.raises(FormatError, match="format 'nope' is unknown; choose one of aisle, online-retail"):
        ingest(path, Plan(format="nope"))


def test_files_of_no_known_format_are_not_recognised(tmp_path: Path) -> None:
    assert recognise([write(tmp_path / "a.csv", "x,y", "1,2")]) is None
