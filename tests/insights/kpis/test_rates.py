import polars as pl
import pytest

from aisle.insights.kpis.rates import OF_SHELVES, OF_SHOP, of_shelves, of_shop
from aisle.shop.columns import SHELF_DAYS, SHOP_DAYS
from aisle.shop.schemas import schema_of


def counts(columns: dict[str, str], *rows: dict[str, object]) -> pl.DataFrame:
    usual = {name: "" if word == "str" else 0 for name, word in columns.items()}
    return pl.DataFrame([usual | row for row in rows], schema=schema_of(columns))


SHELVES = counts(
    SHELF_DAYS,
    {"day": 1, "placement": "home", "shelves": 10, "places": 200, "seen": 100, "clicks": 20, "carts": 5},
    {"day": 1, "placement": "home", "currency": "EUR", "orders": 4, "units": 8, "revenue": 40, "returned_units": 2},
    {"day": 2, "placement": "home", "shelves": 10, "places": 200, "seen": 100, "clicks": 20, "carts": 5},
    {"day": 2, "placement": "home", "currency": "USD", "orders": 2, "units": 2, "revenue": 60},
    {"day": 2, "placement": "cart", "shelves": 1, "places": 5},
)


def test_days_are_added_up_before_they_are_divided() -> None:
    row = of_shelves(SHELVES.filter(pl.col("currency") != "USD")).row(0, named=True)
    assert {rate.name: row[rate.name] for rate in OF_SHELVES} == {
        "ctr": 40 / 200,
        "ctr_served": 40 / 405,
        "cart_rate": 10 / 200,
        "conversion": 4 / 40,
        "order_value": 10.0,
        "revenue_per_thousand": 40 * 1000 / 405,
        "return_rate": 0.25,
    }


def test_currencies_are_never_added_up() -> None:
    found = of_shelves(SHELVES, ["placement"])
    assert sorted(found.select("placement", "currency", "places", "revenue").rows()) == [
        ("cart", "", 5, 0),
        ("home", "EUR", 400, 40),
        ("home", "USD", 400, 60),
    ]


def test_what_was_served_most_comes_first() -> None:
    assert of_shelves(SHELVES, ["placement", "day"])["placement"].to_list() == ["home", "home", "cart"]


def test_nothing_to_divide_by_is_no_rate() -> None:
    row = of_shelves(SHELVES.filter(pl.col("placement") == "cart")).row(0, named=True)
    assert [row[rate.name] for rate in OF_SHELVES] == [None, 0, None, None, None, 0, None]


def test_the_whole_shop() -> None:
    shop = counts(
        SHOP_DAYS,
        {"day": 1, "visitors": 50, "buyers": 4, "returning_buyers": 1},
        {
            "day": 1,
            "currency": "EUR",
            "orders": 5,
            "units": 10,
            "revenue": 100,
            "returned_units": 1,
            "helped_revenue": 25,
        },
        {"day": 2, "visitors": 30},
    )
    row = of_shop(shop).row(0, named=True)
    assert {rate.name: row[rate.name] for rate in OF_SHOP} == pytest.approx(
        {
            "order_value": 20.0,
            "revenue_per_visitor": 100 / 80,
            "repeat_rate": 0.25,
            "return_rate": 0.1,
            "helped_share": 0.25,
        }
    )
    assert of_shop(shop, ["day"])["visitors"].to_list() == [50, 30]


def test_without_counts_there_are_no_rows() -> None:
    assert of_shelves(SHELVES.clear(), ["placement"]).is_empty()
    assert of_shop(counts(SHOP_DAYS)).is_empty()
