import polars as pl

from aisle.insights.opinions import aspects_by_item, stars
from aisle.insights.shop_log import REVIEW_SCHEMA
from tests.insights.shops import event, item, moment, shop
from tests.prepare.test_aspects import EVERYBODY


def reviews(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=REVIEW_SCHEMA, orient="row")


def review(number: int, rating: float, text: str = "", item_id: str = "mug", user: str = "u") -> dict[str, object]:
    return {
        "review_id": str(number), "user_id": f"{user}{number}", "item_id": item_id, "rating": rating,
        "text": text, "timestamp": moment("2026-02-01"),
    }  # fmt: skip


def test_stars_month_by_month() -> None:
    rated = [event("rate", "2026-01-05", "a", rating=5.0), event("rate", "2026-01-06", "b", rating=3.0)]

    insight = stars(shop(*rated, reviews=reviews(review(1, 1.0))))

    assert [row[1:] for row in insight.frame.rows()] == [(4.0, 2), (1.0, 1)]
    assert insight.sentence == "3 ratings give 3.00 stars on average."


def test_a_review_whose_stars_are_in_the_log_counts_once() -> None:
    log = shop(
        event("rate", "2026-02-01", "u1", rating=5.0),
        reviews=reviews(review(1, 5.0) | {"timestamp": moment("2026-02-01")}),
    )

    assert stars(log).frame["ratings"].to_list() == [1]


def test_the_later_half_is_compared_with_the_earlier_one() -> None:
    rated = [event("rate", f"2026-0{month}-05", rating=2.0 if month < 3 else 4.0) for month in range(1, 5)]

    assert "the later half of the months has 2.00 more" in stars(shop(*rated)).sentence


def test_praise_and_criticism_of_items() -> None:
    said = [*EVERYBODY, *[("item-1", 5.0, "it runs small")] * 20, *[("item-2", 1.0, "the zipper broke")] * 19]
    rows = [review(number, stars or 0.0, text, of or "") for number, (of, stars, text) in enumerate(said)]

    insight = aspects_by_item(shop(reviews=reviews(*rows), items=(item("item-1"), item("item-2"))))

    told = {(of, verdict) for of, _, verdict, _ in insight.frame.rows()}
    assert told == {("Item-1", "praise"), ("Item-2", "criticism")}
    assert insight.frame.row(0) == ("Item-1", "runs small", "praise", 20)
    assert "most mentioned is “runs small” of Item-1 (20 reviews, praise)" in insight.sentence


def test_without_stars_and_texts_it_says_what_to_import() -> None:
    assert "No stars yet" in stars(shop()).sentence
    assert "No phrase is repeated" in aspects_by_item(shop()).sentence
