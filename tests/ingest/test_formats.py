"""The logs that are known by name."""

from pathlib import Path

import msgspec
import pytest

from aisle.ingest import Plan
from aisle.ingest.formats import FORMATS, recognise
from aisle.shop.errors import FormatError
from tests.ingest.door_files import through, write

RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
RETAIL_2 = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
SALE = "536365,85123A,HOLDER,6,2011-07-01 08:26:00,2.55,17850.0,UK"


@pytest.mark.parametrize("header", [RETAIL, RETAIL_2])
def test_online_retail_lines_are_purchases_and_tell_of_items(tmp_path: Path, header: str) -> None:
    outcome = through(write(tmp_path / "a.csv", header, SALE), Plan(format="online-retail"))
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
    events = through(write(tmp_path / "a.csv", RETAIL, *lines), Plan(format="online-retail")).events
    assert events.select("event", "quantity", "price").rows() == [("refund", 2, 1_500_000), ("refund", 3, 1_500_000)]


def test_online_retail_keeps_lines_without_a_customer_or_without_a_price(tmp_path: Path) -> None:
    lines = ["1,22139,CUP,1,2011-07-01 08:26:00,1.5,,UK", "2,22139,CUP,1,2011-07-01 08:26:00,0.0,14527.0,UK"]
    events = through(write(tmp_path / "a.csv", RETAIL, *lines), Plan(format="online-retail")).events
    assert events.select("user_id", "price").rows() == [(None, 1_500_000), ("14527", 0)]


def test_online_retail_stock_corrections_are_no_sales(tmp_path: Path) -> None:
    lines = ["1,22139,check,-5,2011-07-01 08:26:00,0.0,,UK", "2,22139,found,5,2011-07-01 08:26:00,0.0,,UK"]
    outcome = through(write(tmp_path / "a.csv", RETAIL, SALE, *lines), Plan(format="online-retail"))
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
    outcome = through(path, Plan(format="online-retail"))
    assert (outcome.events.height, outcome.accepted["items"].height, outcome.lines) == (1, 1, [3])
    assert outcome.reasons[0].startswith(f"StockCode '{code}' is a fee")


@pytest.mark.parametrize("code", ["PADS", "DCGS0003", "DCGSSGIRL", "85123A", "15056BL"])
def test_online_retail_odd_codes_may_be_products(tmp_path: Path, code: str) -> None:
    path = write(tmp_path / "a.csv", RETAIL, SALE.replace("85123A", code))
    assert through(path, Plan(format="online-retail")).events["item_id"].to_list() == [code]


def test_online_retail_debt_adjustments_are_no_sales(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", RETAIL, SALE, "A563185,B,Adjust bad debt,1,2011-07-01 08:26:00,-11062.06,,UK")
    assert through(path, Plan(format="online-retail")).reasons == ["invoice 'A563185' adjusts a debt: no sale"]


def test_an_items_last_name_and_price_count(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", RETAIL, SALE, SALE.replace("HOLDER", "NEW NAME").replace("2.55", "3"))
    items = through(path, Plan(format="online-retail"), rows=1).accepted["items"]
    assert items.select("title", "price").rows() == [("NEW NAME", 3_000_000)]


def test_an_item_that_could_not_be_stored_is_reported_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", RETAIL, SALE, SALE.replace("85123A", "x" * 300))
    assert through(path, Plan(format="online-retail")).lines == [3]


def test_one_table_of_a_format_may_be_asked_for(tmp_path: Path) -> None:
    outcome = through(write(tmp_path / "a.csv", RETAIL, SALE), Plan(format="online-retail", table="items"))
    assert (outcome.accepted["items"].height, outcome.events.height) == (1, 0)


def test_movielens_100k_is_read_without_headers(tmp_path: Path) -> None:
    flags = "|".join("1" if place in (3, 5) else "0" for place in range(19))
    paths = [
        write(tmp_path / "u.data", "196\t242\t3\t881250949"),
        write(tmp_path / "u.item", f"242|Amélie (1995)|01-Jan-1995||http://x|{flags}", encoding="latin-1"),
        write(tmp_path / "u.user", "196|49|M|writer|55105"),
    ]
    outcome = through(paths, Plan(format="movielens"))
    assert outcome.events.select("event", "user_id", "item_id", "rating", "timestamp").rows() == [
        ("rate", "196", "242", 3.0, 881_250_949_000_000)
    ]
    assert outcome.accepted["items"].select("title", "category", "tags", "available_from").rows() == [
        ("Amélie (1995)", "Animation", "Animation|Comedy", 788_918_400_000_000)
    ]
    attributes = msgspec.json.decode(outcome.accepted["users"]["attributes"][0])
    assert attributes == {"age": "49", "gender": "M", "occupation": "writer", "zip_code": "55105"}


def test_movielens_1m_is_read_with_two_colons(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "ratings.dat", "1::1193::5::978300760"),
        write(tmp_path / "movies.dat", "1193::One: Two (1975)::Drama|War"),
        write(tmp_path / "users.dat", "1::F::1::10::48067"),
    ]
    outcome = through(paths, Plan(format="movielens"))
    assert outcome.events["item_id"].to_list() == ["1193"]
    assert outcome.accepted["items"].select("title", "category").rows() == [("One: Two (1975)", "Drama")]
    assert outcome.accepted["users"]["user_id"].to_list() == ["1"]


def test_movielens_csv_is_known_by_its_header(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "ratings.csv", "userId,movieId,rating,timestamp", "1,2,4.5,1433222501"),
        write(tmp_path / "movies.csv", "movieId,title,genres", "2,X,(no genres listed)"),
    ]
    assert recognise(paths) is FORMATS["movielens"]
    outcome = through(paths, Plan(format="movielens"))
    assert outcome.events["rating"].to_list() == [4.5]
    assert outcome.accepted["items"].select("title", "tags", "category").rows() == [("X", None, None)]


def test_retailrocket_is_read_as_published_and_as_resampled(tmp_path: Path) -> None:
    published = write(
        tmp_path / "a.csv", "timestamp,visitorid,event,itemid,transactionid", "1433222501000,1,transaction,2,3"
    )
    resampled = write(
        tmp_path / "b.csv", "user,item,behavior,unix_ts,split", "1,2,cart,1433222501,train", "1,2,buy,,test"
    )
    outcome = through([published, resampled], Plan(format="retailrocket"))
    assert outcome.events.select("event", "transaction_id").rows() == [("purchase", "3"), ("add_to_cart", None)]
    assert outcome.events["timestamp"].n_unique() == 1
    assert outcome.reasons == ["timestamp is missing"]


def test_rees46_events_tell_of_their_items(tmp_path: Path) -> None:
    header = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
    lines = ["2019-10-01 00:00:00 UTC,view,7,99,a.b,acme,1.5,u,s", "2019-10-01 00:00:01 UTC,cart,8,99,,,2,u,s"]
    outcome = through(write(tmp_path / "a.csv", header, *lines), Plan(format="rees46"))
    assert outcome.events.select("event", "session_id").rows() == [("view_item", "s"), ("add_to_cart", "s")]
    assert outcome.accepted["items"].select("item_id", "category", "brand", "price").rows() == [
        ("7", "a > b", "acme", 1_500_000),
        ("8", "99", None, 2_000_000),
    ]


def test_a_log_of_json_lines_may_leave_out_columns_of_its_header(tmp_path: Path) -> None:
    names = ["event_time", "event_type", "product_id", "category_id", "category_code", "brand", "price", "user_id"]
    whole = dict(zip(names, ["2019-10-01 00:00:00 UTC", "view", 7, 1, "a.b", "acme", 1.5, 3], strict=True))
    short = {name: value for name, value in whole.items() if name != "brand"}
    path = write(tmp_path / "a.jsonl", *(msgspec.json.encode(one).decode() for one in (whole, short)))
    assert through(path, Plan(format="rees46"), rows=1).events.height == 2


def ga4(**event: object) -> str:
    """Return a line of a GA4 export."""
    common = {"event_timestamp": "1600000000000000", "user_pseudo_id": "p.1"}
    return msgspec.json.encode(common | event).decode()


def test_ga4_gives_one_event_for_each_item(tmp_path: Path) -> None:
    parameters = [
        {"key": "ga_session_id", "value": {"string_value": None, "int_value": "77"}},
        {"key": "currency", "value": {"string_value": "EUR"}},
    ]
    items = [
        {"item_id": "a", "item_name": "A", "item_category": "X", "item_category2": "Y", "price": 1.5, "quantity": "2"},
        {"item_id": "b", "item_name": "(not set)", "price": None},
    ]
    line = ga4(
        event_name="purchase",
        event_params=parameters,
        items=items,
        user_id="u",
        ecommerce={"transaction_id": "t"},
    )
    outcome = through(write(tmp_path / "a.jsonl", line), Plan(format="ga4"))
    columns = ("event", "user_id", "session_id", "item_id", "quantity", "price", "currency", "transaction_id")
    assert outcome.events.select(columns).rows() == [
        ("purchase", "u", "p.1.77", "a", 2, 1_500_000, "EUR", "t"),
        ("purchase", "u", "p.1.77", "b", None, None, "EUR", "t"),
    ]
    assert outcome.events["event_id"].n_unique() == 2
    assert outcome.accepted["items"].select("item_id", "title", "category").rows() == [
        ("a", "A", "X > Y"),
        ("b", None, None),
    ]


def test_ga4_passes_over_what_is_no_shops_event(tmp_path: Path) -> None:
    lines = [ga4(event_name="page_view"), ga4(event_name="click"), ga4(event_name="view_search_results")]
    outcome = through(write(tmp_path / "a.jsonl", *lines), Plan(format="ga4"))
    assert (outcome.read, outcome.events["event"].to_list()) == (1, ["search"])


@pytest.mark.parametrize("items", ["x", [1], {"item_id": "a"}])
def test_ga4_lines_of_another_shape_are_set_aside(tmp_path: Path, items: object) -> None:
    line = ga4(event_name="view_item", items=items)
    outcome = through(write(tmp_path / "a.jsonl", line, ga4(event_name="view_item", items=[])), Plan(format="ga4"))
    assert outcome.lines == [1, 2]
    assert outcome.reasons[0].startswith("is not shaped like an event of this format")
    assert outcome.reasons[1] == "item_id is missing; view_item needs one"


def segment(event: str, kind: str = "track", **properties: object) -> str:
    """Return a Segment call."""
    call = {
        "type": kind,
        "event": event,
        "messageId": "m",
        "anonymousId": "anon",
        "timestamp": "2020-01-01T00:00:00.000Z",
    }
    return msgspec.json.encode(call | {"properties": properties}).decode()


def test_segment_calls_become_events(tmp_path: Path) -> None:
    products = [{"product_id": "a", "price": 1, "quantity": 2}, {"sku": "b", "name": "B"}]
    lines = [
        segment("Product Viewed", product_id="a", name="A", image_url="http://x/a.png"),
        segment("Order Completed", order_id="o", currency="USD", products=products),
        segment("Order Refunded", products=products[:1]),
        segment("Signed Up"),
        segment("Product Viewed", kind="page", product_id="a"),
    ]
    outcome = through(write(tmp_path / "a.jsonl", *lines), Plan(format="segment"))
    assert outcome.events.select("event", "event_id", "user_id", "item_id", "transaction_id").rows() == [
        ("view_item", "m", "anon", "a", None),
        ("purchase", "m", "anon", "a", "o"),
        ("purchase", "m:1", "anon", "b", "o"),
        ("refund", "m", "anon", "a", None),
    ]
    assert outcome.accepted["items"].select("item_id", "title", "price", "image_url").rows() == [
        ("a", "A", 1_000_000, "http://x/a.png"),
        ("b", "B", None, None),
    ]


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
    outcome = through(olist(tmp_path), Plan(format="olist"))
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
    outcome = through(olist(tmp_path), Plan(format="olist"))
    reviews = outcome.accepted["reviews"].select("review_id", "item_id", "rating", "text", "transaction_id")
    assert reviews.rows() == [("r:o1", "p", 5.0, "muito bom", "o1")]
    assert outcome.events.filter(event="rate").select("item_id", "rating").rows() == [("p", 5.0)]
    assert outcome.reasons == [
        "order 'o3' is canceled: no purchase",
        "order 'o2' has 2 products: whose review is it?",
        "order 'o9' has 0 products: whose review is it?",
    ]


def test_olist_files_that_need_others_say_so(tmp_path: Path) -> None:
    items = next(path for path in olist(tmp_path) if path.name == "items.csv")
    with pytest.raises(FormatError, match="olist files explain each other; import the one with"):
        through(items, Plan(format="olist"))


def test_olist_products_alone_are_items_without_prices(tmp_path: Path) -> None:
    products = next(path for path in olist(tmp_path) if path.name == "products.csv")
    items = through(products, Plan(format="olist")).accepted["items"]
    assert items.select("category", "price").rows() == [("bebes", None), (None, None)]


def test_bad_lines_of_a_format_are_reported_once(tmp_path: Path) -> None:
    paths = olist(tmp_path)
    with paths[-3].open("a", encoding="utf-8") as reviews:
        reviews.write("r,o1\n")
    assert [one for one in through(paths, Plan(format="olist")).reasons if "cells" in one] == [
        "has 2 cells, but the header has 6"
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_another_shape_is_refused_with_what_was_expected(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "a.csv", "x,y", "1,2")
    with pytest.raises(FormatError, match=f"is no file of format {name}, which has .*; leave --format out"):
        through(path, Plan(format=name))


def test_an_unknown_format_names_the_known_ones(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "x,y", "1,2")
    with pytest.raises(FormatError, match="format 'nope' is unknown; choose one of aisle, online-retail"):
        through(path, Plan(format="nope"))


def test_a_table_that_a_format_does_not_give_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", RETAIL, SALE)
    with pytest.raises(FormatError, match="format online-retail gives events, items, not users"):
        through(path, Plan(format="online-retail", table="users"))


def test_files_of_no_known_format_are_not_recognised(tmp_path: Path) -> None:
    assert recognise([write(tmp_path / "a.csv", "x,y", "1,2")]) is None
