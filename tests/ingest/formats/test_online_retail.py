from pathlib import Path

import pytest

from aisle.ingest.plan import Plan
from tests.ingest.files import ingest, write

RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
RETAIL_2 = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
SALE = "536365,85123A,HOLDER,6,2011-07-01 08:26:00,2.55,17850.0,UK"


@pytest.mark.parametrize("header", [RETAIL, RETAIL_2])
def test_online_retail_lines_are_purchases_and_describe_items(tmp_path: Path, header: str) -> None:
    outcome = ingest(write(tmp_path / "a.csv", header, SALE), Plan(format="online-retail"))
    row = outcome.events.row(0, named=True)
    assert (row["event"], row["user_id"], row["item_id"], row["quantity"]) == ("purchase", "17850", "85123A", 6)
    assert (row["price"], row["currency"], row["transaction_id"]) == (2_550_000, "GBP", "536365")
    assert row["timestamp"] == 1_309_505_160_000_000  # 07:26 UTC: London keeps summer time
    items = outcome.accepted["items"].select("item_id", "title", "price", "currency")
    assert items.rows() == [("85123A", "HOLDER", 2_550_000, "GBP")]


def test_online_retail_cancellations_are_refunds_of_positive_pieces(tmp_path: Path) -> None:
    lines = [
        "C536379,22139,CUP,-2,2011-07-01 08:26:00,1.5,14527.0,UK",
        "536380,22139,CUP,-3,2011-07-01 08:26:00,1.5,1,UK",
    ]
    events = ingest(write(tmp_path / "a.csv", RETAIL, *lines), Plan(format="online-retail")).events
    assert events.select("event", "quantity", "price").rows() == [("refund", 2, 1_500_000), ("refund", 3, 1_500_000)]


def test_online_retail_keeps_lines_without_a_customer_or_without_a_price(tmp_path: Path) -> None:
    lines = ["1,22139,CUP,1,2011-07-01 08:26:00,1.5,,UK", "2,22139,CUP,1,2011-07-01 08:26:00,0.0,14527.0,UK"]
    events = ingest(write(tmp_path / "a.csv", RETAIL, *lines), Plan(format="online-retail")).events
    assert events.select("user_id", "price").rows() == [(None, 1_500_000), ("14527", 0)]


def test_online_retail_stock_corrections_are_no_sales(tmp_path: Path) -> None:
    lines = ["1,22139,check,-5,2011-07-01 08:26:00,0.0,,UK", "2,22139,found,5,2011-07-01 08:26:00,0.0,,UK"]
    outcome = ingest(write(tmp_path / "a.csv", RETAIL, SALE, *lines), Plan(format="online-retail"))
    assert outcome.reasons == ["no price and no customer: a stock correction, no sale"] * 2


@pytest.mark.parametrize(
    "code",
    [
        "POST",
        "DOT",
        "M",
        "m",
        "D",
        "S",
        "C2",
        "BANK CHARGES",
        "AMAZONFEE",
        "CRUK",
        "ADJUST2",
        "TEST001",
        "gift_0001_20",
        "23444",
    ],
)
def test_online_retail_fees_and_corrections_are_no_products(tmp_path: Path, code: str) -> None:
    path = write(tmp_path / "a.csv", RETAIL, SALE, SALE.replace("85123A", code))
    outcome = ingest(path, Plan(format="online-retail"))
    assert (outcome.events.height, outcome.accepted["items"].height, outcome.lines) == (1, 1, [3])
    assert outcome.reasons[0].startswith(f"StockCode '{code}' is a fee")


@pytest.mark.parametrize("code", ["PADS", "DCGS0003", "DCGSSGIRL", "85123A", "15056BL"])
def test_online_retail_odd_codes_may_be_products(tmp_path: Path, code: str) -> None:
    path = write(tmp_path / "a.csv", RETAIL, SALE.replace("85123A", code))
    assert ingest(path, Plan(format="online-retail")).events["item_id"].to_list() == [code]


def test_online_retail_debt_adjustments_are_no_sales(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", RETAIL, SALE, "A563185,B,Adjust bad debt,1,2011-07-01 08:26:00,-11062.06,,UK")
    assert ingest(path, Plan(format="online-retail")).reasons == ["invoice 'A563185' adjusts a debt: no sale"]


def test_one_table_of_a_format_may_be_asked_for(tmp_path: Path) -> None:
    outcome = ingest(write(tmp_path / "a.csv", RETAIL, SALE), Plan(format="online-retail", table="items"))
    assert (outcome.accepted["items"].height, outcome.events.height) == (1, 0)
