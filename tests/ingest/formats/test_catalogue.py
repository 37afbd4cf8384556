from pathlib import Path

from aisle.ingest.plan import Plan
from tests.ingest.files import ingest, write
from tests.ingest.formats.test_online_retail import RETAIL, SALE


def test_an_items_last_name_and_price_count(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", RETAIL, SALE, SALE.replace("HOLDER", "NEW NAME").replace("2.55", "3"))
    items = ingest(path, Plan(format="online-retail"), rows=1).accepted["items"]
    assert items.select("title", "price").rows() == [("NEW NAME", 3_000_000)]


def test_an_item_that_could_not_be_stored_is_reported_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", RETAIL, SALE, SALE.replace("85123A", "x" * 300))
    assert ingest(path, Plan(format="online-retail")).lines == [3]
