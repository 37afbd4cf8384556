import polars as pl
import pytest

from aisle.insights.insight import UNKNOWN, percent, top
from aisle.insights.sales import baskets, brands, categories, long_tail, price_bands, returns
from aisle.insights.shop_log import gini
from tests.insights.shops import buy, event, item, shop

CATALOGUE = (
    item("mug", category="Kitchen > Cups", brand="Clay"), item("jug", category="Kitchen", brand="Clay"),
    item("saw", category="Tools"),
)  # fmt: skip
SOLD = (
    buy("2026-01-05", item="mug", price=10, quantity=3, transaction_id="1"),
    buy("2026-01-05", item="jug", price=20, transaction_id="1"),
    buy("2026-01-06", item="saw", price=50, transaction_id="2"),
)


def test_baskets_by_their_size_and_worth() -> None:
    insight = baskets(shop(*SOLD))

    assert insight.frame.rows() == [("1", 1, 0.5, 50.0), ("2", 1, 0.5, 50.0)]
    assert insight.sentence.startswith("50 % of 2 orders hold a single item")
    assert "worth 50.00 GBP or more, 50.00 on average" in insight.sentence


def test_categories_and_brands_by_what_they_bring() -> None:
    log = shop(*SOLD, items=CATALOGUE)

    assert categories(log).frame.rows() == [("Kitchen", 4, 50.0, 0.5), ("Tools", 1, 50.0, 0.5)]
    assert brands(log).frame.rows() == [("Clay", 4, 50.0, 0.5), (UNKNOWN, 1, 50.0, 0.5)]
    assert "50 % of the 100 GBP sold" in categories(log).sentence


def test_without_prices_pieces_count() -> None:
    log = shop(buy("2026-01-05", price=None, quantity=3), buy("2026-01-05", item="saw", price=None), items=CATALOGUE)

    assert categories(log).frame.rows() == [("Kitchen", 3, 0.75), ("Tools", 1, 0.25)]
    assert "no prices known" in categories(log).sentence
    assert "No prices are known" in baskets(log).sentence
    assert "No prices are known" in price_bands(log).sentence


def test_currencies_are_never_added_up() -> None:
    log = shop(*SOLD, buy("2026-01-07", price=1_000_000, currency="JPY"), items=CATALOGUE)

    assert log.currency == "GBP"
    assert categories(log).frame["revenue"].sum() == 100.0
    assert "Lines in other currencies (25 %) are left out." in categories(log).sentence


def test_prices_that_name_no_currency_are_the_shops() -> None:
    assert shop(buy("2026-01-05", currency=None), currency="EUR").currency == "EUR"


def test_a_shop_without_categories_says_so() -> None:
    assert "No item has a category" in categories(shop(*SOLD)).sentence


def test_prices_are_in_round_bands() -> None:
    prices = [1.5] * 2 + [3.0] * 4 + [12.0]
    log = shop(*(buy("2026-01-05", item=f"i{place}", price=price) for place, price in enumerate(prices)))

    frame = price_bands(log).frame

    assert frame.select("price", "items", "revenue").rows() == [
        ("under 2", 2, 3.0), ("2 to 5", 4, 12.0), ("10 and more", 1, 12.0),
    ]  # fmt: skip


def test_one_price_has_one_band() -> None:
    assert price_bands(shop(buy("2026-01-05"))).frame["share"].to_list() == [1.0]


def test_the_long_tail_of_four_items() -> None:
    # Three of four pieces are of the mug, one of the jug; nobody buys saw and cup.
    log = shop(buy("2026-01-05", quantity=3), buy("2026-01-05", item="jug"), items=(*CATALOGUE, item("cup")))

    insight = long_tail(log)

    assert insight.frame.rows() == [
        (0.0, 0.0, "sales"), (0.25, 0.0, "sales"), (0.5, 0.0, "sales"), (0.75, 0.25, "sales"), (1.0, 1.0, "sales"),
    ]  # fmt: skip
    assert "the Gini coefficient of sales is 0.62" in insight.sentence
    assert "no exposure is known" in insight.sentence


def test_exposure_has_its_own_curve() -> None:
    log = shop(buy("2026-01-05"), event("view_item_list", "2026-01-05", item="jug"), items=CATALOGUE)

    assert long_tail(log).frame["of"].unique(maintain_order=True).to_list() == ["sales", "exposure"]


def test_without_impressions_the_places_of_counted_shelves_are_the_exposure() -> None:
    places = pl.DataFrame({"item_id": ["jug", "saw"], "count": [3, 1]})

    insight = long_tail(shop(buy("2026-01-05"), items=CATALOGUE, places=places))

    shown = insight.frame.filter(pl.col("of") == "exposure")
    assert shown["share"].to_list() == [0.0, 0.0, 0.25, 1.0]
    assert "of exposure is 0.50" in insight.sentence


@pytest.mark.parametrize(
    ("values", "expected"), [([1, 1, 1, 1], 0.0), ([0, 0, 0, 4], 0.75), ([0, 0, 1, 3], 0.625), ([0], 0.0)]
)
def test_gini(values: list[int], expected: float) -> None:
    assert gini(pl.Series(values)) == pytest.approx(expected)


def test_what_comes_back_by_category() -> None:
    log = shop(*SOLD, event("refund", "2026-01-09", item="mug", quantity=1), items=CATALOGUE)

    insight = returns(log)

    assert insight.frame.rows() == [("Kitchen", 4, 1, 0.25), ("Tools", 1, 0, 0.0)]
    assert insight.sentence == "20 % of the pieces sold come back; most often Mug (1 of 3 sold)."


def test_without_categories_what_comes_back_is_told_by_item() -> None:
    log = shop(*SOLD, event("refund", "2026-01-09", item="mug", quantity=1))

    assert returns(log).frame.row(0) == ("mug", 3, 1, 1 / 3)
    assert returns(log).title.endswith("by item")


def test_without_refunds_or_sales_it_says_so() -> None:
    assert "Nothing came back" in returns(shop(*SOLD)).sentence
    for insight in (returns, baskets, categories, brands, price_bands, long_tail):
        assert "No purchases yet" in insight(shop()).sentence


def test_the_rest_is_summed_up() -> None:
    frame = pl.DataFrame({"name": ["a", "b", "c", "d", "a"], "n": [1, 5, 1, 1, 2]})

    assert top(frame, "name", "n", 2).rows() == [("b", 5), ("a", 3), ("others (2)", 2)]


@pytest.mark.parametrize(
    ("share", "written"), [(0, "0 %"), (0.034, "3.4 %"), (0.1, "10 %"), (0.666, "67 %"), (1, "100 %")]
)
def test_shares_are_short(share: float, written: str) -> None:
    assert percent(share) == written
