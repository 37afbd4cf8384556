from pathlib import Path

import pytest

from benchmarks.shared.page import markdown, replaced, write_table
from benchmarks.shared.rows import Row

ROWS: list[Row] = [{"model": "als", "ndcg": 0.25}, {"model": "ease", "fit_s": 2.0}]
TABLE = "| model | ndcg | fit_s |\n| --- | ---: | ---: |\n| als | 0.2500 |  |\n| ease |  | 2.00 |"
PAGE = "Before\n\n<!-- topn -->\n\nold\n\n<!-- /topn -->\n\nAfter\n"


def test_a_table_has_every_column_of_its_rows() -> None:
    assert markdown(ROWS) == TABLE


def test_only_the_text_between_the_marks_is_replaced() -> None:
    assert replaced(PAGE, "topn", "new") == PAGE.replace("old", "new")


def test_a_page_without_the_marks_is_an_error() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        replaced(PAGE, "cold", "new")


def test_a_table_is_written_with_its_origin(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    write_table(page, "topn", ROWS, "`python -m benchmarks.topn`")
    assert page.read_text() == PAGE.replace("old", f"{TABLE}\n\n`python -m benchmarks.topn`")
