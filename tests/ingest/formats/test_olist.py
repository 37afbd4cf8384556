from pathlib import Path

import pytest

from aisle.ingest.plan import Plan
from aisle.shop.errors import FormatError
from tests.ingest.files import ingest, write


def olist(folder: Path) -> list[Path]:
    """Write a small Olist: order o1 of one product, o2 of two, o3 canceled."""
    stamp = "2018-01-01 10:00:00"
    return [
        write(
            folder / "orders.csv",
            "order_id,customer_id,order_status,order_purchase_timestamp",
            *(
                f"{order},c{order},{status},{stamp}"
                for order, status in zip(("o1", "o2", "o3"), ("delivered", "shipped", "canceled"), strict=True)
            ),
        ),
        write(
            folder / "items.csv",
            "order_id,order_item_id,product_id,seller_id,price",
            *("o1,1,p,s,9.9", "o1,2,p,s,9.9", "o2,1,p,s,8", "o2,2,q,s,7", "o3,1,p,s,1"),
        ),
        write(
            folder / "customers.csv",
            "customer_id,customer_unique_id,customer_city,customer_state",
            *(f"c{order},person,rio,RJ" for order in ("o1", "o2", "o3")),
        ),
        write(folder / "products.csv", "product_id,product_category_name,product_photos_qty", "p,bebes,1", "q,,1"),
        write(folder / "names.csv", "product_category_name,product_category_name_english", "bebes,baby"),
        write(
            folder / "reviews.csv",
            "review_id,order_id,review_score,review_comment_title,review_comment_message,review_answer_timestamp",
            *(f"r,{order},5,,muito bom,{stamp}" for order in ("o1", "o2", "o9")),
        ),
        write(folder / "payments.csv", "order_id,payment_type,payment_value", "o1,boleto,9"),
        write(folder / "sellers.csv", "seller_id,seller_city,seller_state", "s,rio,RJ"),
    ]


def test_olist_files_are_joined(tmp_path: Path) -> None:
    outcome = ingest(olist(tmp_path), Plan(format="olist"))
    purchases = outcome.events.filter(event="purchase")
    assert purchases.select("user_id", "item_id", "quantity", "price", "currency", "transaction_id").rows() == [
        ("person", "p", 1, 9_900_000, "BRL", "o1"),
        ("person", "p", 1, 9_900_000, "BRL", "o1"),
        ("person", "p", 1, 8_000_000, "BRL", "o2"),
        ("person", "q", 1, 7_000_000, "BRL", "o2"),
    ]
    assert purchases["timestamp"][0] == 1_514_808_000_000_000  # 12:00 UTC, in São Paulo's summer
    assert outcome.events["event_id"].n_unique() == outcome.events.height
    assert outcome.accepted["items"].select("item_id", "category", "price").rows() == [
        ("p", "baby", 1_000_000),
        ("q", None, 7_000_000),
    ]
    assert set(outcome.accepted["users"]["user_id"]) == {"person"}


def test_olist_reviews_of_one_product_become_reviews_and_ratings(tmp_path: Path) -> None:
    outcome = ingest(olist(tmp_path), Plan(format="olist"))
    reviews = outcome.accepted["reviews"].select("review_id", "item_id", "rating", "text", "transaction_id")
    assert reviews.rows() == [("r:o1", "p", 5.0, "muito bom", "o1")]
    assert outcome.events.filter(event="rate").select("item_id", "rating").rows() == [("p", 5.0)]
    assert outcome.reasons == [
        "order 'o3' is canceled: no purchase",
        "order 'o2' has 2 products: no telling which one the review is about",
        "order 'o9' has 0 products: no telling which one the review is about",
    ]


def test_olist_files_that_need_others_say_so(tmp_path: Path) -> None:
    items = next(path for path in olist(tmp_path) if path.name == "items.csv")
    with pytest.raises(FormatError, match="olist files refer to each other; import the one with"):
        ingest(items, Plan(format="olist"))


def test_olist_products_alone_are_items_without_prices(tmp_path: Path) -> None:
    products = next(path for path in olist(tmp_path) if path.name == "products.csv")
    items = ingest(products, Plan(format="olist")).accepted["items"]
    assert items.select("category", "price").rows() == [("bebes", None), (None, None)]


def test_bad_lines_of_a_format_are_reported_once(tmp_path: Path) -> None:
    paths = olist(tmp_path)
    with paths[-3].open("a", encoding="utf-8") as reviews:
        reviews.write("r,o1\n")
    assert [reason for reason in ingest(paths, Plan(format="olist")).reasons if "cells" in reason] == [
        "has 2 cells, but the header has 6"
    ]
