from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from aisle.ingest.readers import read
from aisle.shop.errors import FileError
from tests.ingest.files import only


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


def test_an_excel_sheet_with_nothing_in_it_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet()
    with pytest.raises(FileError, match="nothing in its first sheet"):
        read(path)
