from typing import Any

import numpy as np
import polars as pl
import pytest

from aisle.prepare.build import build
from aisle.prepare.reviews import PREDICTED, rate_events
from aisle.prepare.weigh import Weights
from aisle.shop.columns import EVENTS, REVIEWS
from aisle.shop.moments import DAY
from aisle.shop.schemas import schema_of

NOW = 1_700_000_000_000_000


def table(columns: dict[str, str], *rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema_of(columns))


def review(number: int = 1, rating: float | None = None, day: float = 0, **more: Any) -> dict[str, Any]:
    about = {"user_id": "ann", "item_id": "mug", "text": "words", "timestamp": NOW + int(day * DAY)}
    return {"review_id": f"r{number}", "rating": rating, **about, **more}


def event(kind: str = "rate", rating: float | None = None, day: float = 0, **more: Any) -> dict[str, Any]:
    about = {"user_id": "ann", "item_id": "mug", "timestamp": NOW + int(day * DAY)}
    return {"event_id": f"{kind}-{day}", "event": kind, "rating": rating, **about, **more}


def added(
    reviews: list[dict[str, Any]],
    events: list[dict[str, Any]] | None = None,
    predicted: list[float | None] | None = None,
) -> pl.DataFrame:
    written = table(REVIEWS, *reviews)
    if predicted is not None:
        written = written.with_columns(pl.Series(PREDICTED, predicted, dtype=pl.Float32))
    return rate_events(written, table(EVENTS, *(events or [])))


def stars(*arguments: Any, **more: Any) -> list[float]:
    return added(*arguments, **more)["rating"].to_list()


def test_a_starred_review_is_a_rating() -> None:
    assert added([review(rating=4.0, transaction_id="t1")]).rows(named=True) == [
        {
            "event_id": "review:r1",
            "event": "rate",
            "user_id": "ann",
            "item_id": "mug",
            "rating": 4.0,
            "timestamp": NOW,
            "transaction_id": "t1",
        }
    ]


def test_an_unstarred_review_is_rated_as_predicted() -> None:
    assert stars([review()], predicted=[1.5]) == [1.5]


def test_given_stars_come_before_predicted_ones() -> None:
    assert stars([review(rating=5.0)], predicted=[1.0]) == [5.0]


@pytest.mark.parametrize("predicted", [None, [None], [float("nan")]])
def test_what_nobody_can_say_is_no_rating(predicted: list[float | None] | None) -> None:
    assert stars([review()], predicted=predicted) == []


@pytest.mark.parametrize("missing", ["user_id", "item_id", "timestamp"])
def test_a_review_of_nothing_or_nobody_is_no_rating(missing: str) -> None:
    assert stars([review(rating=4.0) | {missing: None}]) == []


def test_an_importers_double_counts_once() -> None:
    assert stars([review(rating=4.0)], [event(rating=4.0)]) == []


@pytest.mark.parametrize("day", [0, 1])
def test_predictions_add_nothing_once_stars_were_given(day: float) -> None:
    assert stars([review(day=day)], [event(rating=4.0)], [1.0]) == []
    assert stars([review(1, 4.0), review(2, day=day)], predicted=[None, 1.0]) == [4.0]


def test_stars_given_later_do_not_reach_back() -> None:
    assert stars([review()], [event(rating=4.0, day=1)], [1.0]) == [1.0]


def test_ratings_of_others_and_other_kinds_do_not_matter() -> None:
    others = [event(rating=4.0, user_id="bob"), event(rating=4.0, item_id="cup"), event("purchase"), event()]
    assert stars([review()], others, [2.0]) == [2.0]


def test_two_reviews_at_once_are_one_opinion() -> None:
    assert stars([review(2, 4.0), review(1, 3.0)]) == [4.0]


def test_a_shop_without_reviews_adds_nothing() -> None:
    assert added([], [event(rating=4.0)]).height == 0


def liking(reviews: list[dict[str, Any]], events: list[dict[str, Any]], weights: Weights | None = None) -> float:
    """Return what training makes of Ann's mug, 0 if she does not like it."""
    log = table(EVENTS, *events, event("view_item", item_id="cup"))
    whole = pl.concat([log, rate_events(table(REVIEWS, *reviews), log)], how="diagonal")
    data = build(whole, weights or Weights(), NOW + 10 * DAY)
    return float(data.matrix[[0], [data.items.number("mug")]].sum())


def test_a_later_review_revises_a_rating() -> None:
    bought, rated = event("purchase"), event(rating=5.0, day=1)
    assert liking([review(rating=1.0, day=2)], [bought, rated]) == liking([], [bought, event(rating=1.0, day=2)])


def test_a_bad_review_turns_a_purchase_into_nothing_liked() -> None:
    assert liking([], [event("purchase")]) > 0.9
    assert liking([review(rating=1.0, day=1)], [event("purchase")]) == 0


def test_so_does_a_refund() -> None:
    assert liking([], [event("purchase"), event("refund", day=3)]) == 0


def test_how_much_bad_news_counts_is_a_setting() -> None:
    bought = event("purchase")
    assert liking([review(rating=1.0, day=1)], [bought], Weights(rate=0.5)) > 0
    assert liking([], [bought, event("refund", day=3)], Weights(refund=0.5)) > 0


@pytest.mark.parametrize("day", [1, 30])
def test_beyond_1_a_refund_speaks_against_the_item_however_it_is_liked_otherwise(day: float) -> None:
    events = [event("view_item"), event("add_to_cart"), event("purchase"), event("refund", day=day)]
    data = build(table(EVENTS, *events), Weights(refund=2.0), NOW + 40 * DAY)
    assert data.log.weight.sum() < 0
    assert data.matrix.nnz == 0


def test_equal_tables_give_equal_ratings_in_any_order() -> None:
    reviews = [review(number, float(1 + number % 5), day=number % 3) for number in range(12)]
    shuffled = [reviews[at] for at in np.random.default_rng(1).permutation(12)]
    assert added(reviews).sort("event_id").equals(added(shuffled).sort("event_id"))
