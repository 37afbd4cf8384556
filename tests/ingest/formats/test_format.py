from pathlib import Path

import msgspec
import pytest

from aisle.ingest.formats import FORMATS
from aisle.ingest.plan import Plan
from aisle.shop.errors import FormatError
from tests.ingest.files import ingest, write
from tests.ingest.formats.test_online_retail import RETAIL, SALE


def test_a_log_of_json_lines_may_leave_out_columns_of_its_header(tmp_path: Path) -> None:
    names = ["event_time", "event_type", "product_id", "category_id", "category_code", "brand", "price", "user_id"]
    whole = dict(zip(names, ["2019-10-01 00:00:00 UTC", "view", 7, 1, "a.b", "acme", 1.5, 3], strict=True))
    short = {name: value for name, value in whole.items() if name != "brand"}
    path = write(tmp_path / "a.jsonl", *(msgspec.json.encode(line).decode() for line in (whole, short)))
    assert ingest(path, Plan(format="rees46"), rows=1).events.height == 2


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_another_shape_is_refused_with_what_was_expected(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "a.csv", "x,y", "1,2")
    with pytest.raises(FormatError, match=f"is no file of format {name}, which has .*; name another --format, or none"):
        ingest(path, Plan(format=name))


def test_a_table_that_a_format_does_not_give_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", RETAIL, SALE)
    with pytest.raises(FormatError, match="format online-retail gives events, items; --as users is not among them"):
        ingest(path, Plan(format="online-retail", table="users"))
