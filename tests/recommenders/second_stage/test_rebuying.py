import numpy as np
import polars as pl
import pytest

from aisle.prepare.build import build
from aisle.prepare.weigh import Weights
from aisle.recommenders.base import NoSettings
from aisle.recommenders.second_stage.rebuying import DUE_FROM, Rebuying
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY

NOW = 200 * DAY


def orders(*lines: tuple[str, str, float]) -> pl.DataFrame:
    """Return purchases: who, what, and how many days ago."""
    rows = [("purchase", user, item, NOW - int(days * DAY)) for user, item, days in lines]
    return pl.DataFrame(rows, ("event", "user_id", "item_id", "timestamp"), orient="row")


def fitted(events: pl.DataFrame, category: dict[str, int] | None = None) -> tuple[Rebuying, list[str]]:
    data = build(events, Weights(half_life_days=None), NOW)
    codes = np.array([(category or {}).get(item, UNKNOWN) for item in data.items.ids], np.int32)
    return Rebuying(NoSettings()).fit(data, codes), list(data.items.ids)


COFFEE = [(f"u{user}", "coffee", days) for user in range(20) for days in (60.0, 40.0, 20.0)]
GAMES = [(f"u{user}", f"game{user % 4}", 50.0) for user in range(20)]


def test_only_kinds_that_people_buy_again_are_of_that_kind() -> None:
    model, items = fitted(orders(*COFFEE, *GAMES), {"coffee": 0, **{f"game{number}": 1 for number in range(4)}})
    assert [item for item, again in zip(items, model.again_, strict=True) if again] == ["coffee"]


def test_an_item_is_due_after_part_of_the_usual_days() -> None:
    model, items = fitted(orders(*COFFEE, *GAMES), {"coffee": 0, **{f"game{number}": 1 for number in range(4)}})
    coffee = np.array([items.index("coffee")] * 2, np.int32)
    usual = float(model.interval_[coffee[0]])
    assert usual == pytest.approx(20, rel=0.01)
    assert model.due(coffee, np.array([usual * DUE_FROM - 1, usual * DUE_FROM + 1])).tolist() == [False, True]


def test_a_new_item_of_a_category_that_people_buy_again_is_of_that_kind() -> None:
    model, items = fitted(orders(*COFFEE, ("u1", "decaf", 10)), {"coffee": 0, "decaf": 0})
    assert model.again_[items.index("decaf")]


def test_the_share_of_repeats_is_that_of_returning_shoppers_in_past_windows() -> None:
    past = [(f"u{user}", "a", 90) for user in range(4)]
    window = [("u0", "a", 10), ("u0", "a", 9), ("u1", "b", 10), ("u2", "b", 10), ("u3", "b", 10), ("new", "a", 10)]
    assert fitted(orders(*past, *window))[0].share == 0.25


def test_without_returning_shoppers_nothing_is_bounded() -> None:
    model = fitted(orders(("u", "a", 1)))[0]
    assert np.isnan(model.share_[0])
    assert model.share == 1


def test_repeats_have_at_least_the_share_that_little_cost_needs() -> None:
    past = [(f"u{user}", "a", 90) for user in range(4)]
    model = fitted(orders(*past, ("u0", "a", 10), ("u1", "b", 10)))[0]
    assert (model.share, model.allowed) == (0.5, 0.5)
    assert model.with_least(0.75).allowed == 0.75
    assert model.with_least(0.25).allowed == 0.5


def test_what_was_learnt_comes_back() -> None:
    model = fitted(orders(*COFFEE, *GAMES))[0]
    again = Rebuying.from_arrays(NoSettings(), model.arrays())
    for name, array in model.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)
