"""What tuning maximises."""

import numpy as np
import polars as pl

from aisle.app.data.tables import REVIEWS, Tables
from aisle.app.tuning.objective import choose_validation, validation_weeks
from aisle.engine.recipe import PERSONAL, POPULAR, ModelSpec, Recipe
from aisle.prepare.weigh import Weights
from aisle.shop.events import KIND_CODES
from aisle.shop.moments import DAY
from tests.lively_shop import START, lively_catalogue, lively_events


def recipe() -> Recipe:
    specs = {PERSONAL: ModelSpec.parse("item_knn", {}), POPULAR: ModelSpec.parse("popularity", {})}
    return Recipe(parts=specs, weights=Weights(), seed=1)


def tables(*review_days: int) -> Tables:
    rows = [
        {"review_id": f"r{day}", "user_id": "u1", "item_id": "i01", "rating": 5.0, "timestamp": START + day * DAY}
        for day in review_days
    ]
    return Tables(lively_events(), lively_catalogue(), pl.DataFrame(rows, REVIEWS))


def ratings_learnt(tables: Tables) -> int:
    log = validation_weeks(tables, recipe()).train.log
    return int(np.count_nonzero(log.kind == KIND_CODES["rate"]))


def test_settings_are_fitted_with_the_reviews_written_before_the_window() -> None:
    assert ratings_learnt(tables(10)) == ratings_learnt(tables()) + 1


def test_reviews_of_the_window_and_the_newest_weeks_are_not_used() -> None:
    window = choose_validation(tables(), recipe()).window
    day = (window.cut - START) // DAY + 1
    assert ratings_learnt(tables(day, 119)) == ratings_learnt(tables())
