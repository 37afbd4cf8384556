from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.tuning.objective import TuningObjective
from aisle.app.tuning.weights import STRENGTHS, learn_weights
from aisle.prepare.weigh import Weights
from aisle.shop import columns
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY
from aisle.storage.connection import connect
from aisle.storage.log import events


def served(weights: Weights, refund: float, rate: float, noise: float = 0.0, shoppers: int = 50) -> NDArray[np.float64]:
    """Return figures of shoppers that are highest with the given strengths."""
    random = np.random.default_rng(int(10 * weights.refund + 100 * weights.rate)).normal(0, noise, shoppers)
    return np.full(shoppers, -abs(weights.refund - refund) - abs(weights.rate - rate)) + random


def test_the_best_strengths_are_learnt() -> None:
    learnt = learn_weights(Weights(), lambda weights: served(weights, refund=2.0, rate=3.0), seed=1)
    assert (learnt.refund, learnt.rate) == (2.0, 3.0)


def test_all_other_weights_stay() -> None:
    learnt = learn_weights(Weights(purchase=7.0), lambda weights: served(weights, refund=2.0, rate=1.0), seed=1)
    assert learnt == Weights(purchase=7.0, refund=2.0)


def test_noise_changes_no_weight() -> None:
    learnt = learn_weights(Weights(), lambda weights: served(weights, 1.05, 1.05, noise=20.0), seed=1)
    assert learnt == Weights()


def test_a_current_strength_that_is_not_tried_otherwise_may_win() -> None:
    given = Weights(refund=1.2, rate=0.7)
    assert given.refund not in STRENGTHS["refund"]
    assert learn_weights(given, lambda weights: served(weights, refund=1.2, rate=0.7), seed=1) == given


def test_without_figures_the_weights_stay() -> None:
    assert learn_weights(Weights(), lambda _: np.full(9, np.nan), seed=1) == Weights()


# --- A shop's own shoppers --------------------------------------------------------------------------------------------


def shop_with(folder: Path, kinds: tuple[str, ...]) -> Path:
    """Make a shop whose shoppers like one half of the items, and return or dislike what they buy of the other half."""
    make_shop(folder)
    draw, rows = np.random.default_rng(4), []
    for number in range(2400):
        user, item = int(draw.integers(0, 40)), int(draw.integers(0, 24))
        kind = "purchase" if item % 2 == user % 2 or kinds == ("purchase",) else str(draw.choice(kinds))
        stars = {"rating": 1.0} if kind == "rate" else {}
        row = {"event_id": f"e{number}", "event": kind, "user_id": f"u{user}", "item_id": f"i{item}", "quantity": 1}
        rows.append(row | stars | {"timestamp": 19_000 * DAY + number * 120 * DAY // 2400})
    with connect(Settings.read(folder).database_url) as db:
        events.store(db, [tuple(row.get(name) for name in columns.EVENTS) for row in rows])
    return folder


def test_strengths_are_tried_on_the_weeks_before_the_newest(tmp_path: Path) -> None:
    with Shop.open(shop_with(tmp_path / "shop", ("purchase", "refund", "rate"))) as shop:
        weighed = shop.weigh(write=True)
    assert (weighed.model, weighed.metric) == ("als", "NDCG@20")
    assert {trial.name for trial in weighed.tried} == {"refund", "rate"}
    assert len(weighed.tried) == 10
    assert (weighed.written is not None) == (weighed.learnt != weighed.current) == (weighed.comparison is not None)


def test_learnt_weights_go_into_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shop_with(tmp_path / "shop", ("purchase", "refund"))
    monkeypatch.setattr(
        TuningObjective, "figures", lambda objective, _: np.full(40, -abs(objective.recipe.weights.refund - 2))
    )
    with Shop.open(folder) as shop:
        weighed = shop.weigh(write=True)
    assert weighed.learnt == {"refund": 2.0}
    assert Settings.read(folder).weights == {"refund": 2.0}


def test_only_weights_of_events_in_the_log_are_learnt(tmp_path: Path) -> None:
    with Shop.open(shop_with(tmp_path / "shop", ("purchase", "refund"))) as shop:
        assert shop.weigh().learnt.keys() == {"refund"}


def test_a_log_without_refunds_and_ratings_has_nothing_to_weigh(tmp_path: Path) -> None:
    with (
        Shop.open(shop_with(tmp_path / "shop", ("purchase",))) as shop,
        pytest.raises(NotEnoughData, match="nothing to weigh"),
    ):
        shop.weigh()
