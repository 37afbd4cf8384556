from dataclasses import replace

import numpy as np
import pytest

from aisle.prepare.interactions import Interactions
from aisle.recommenders.implicit.co_purchase import CoPurchase, CoPurchaseConfig
from aisle.shop.errors import NotEnoughData, SettingsError
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY
from tests.recommenders.battery import NOW, Battery, ask, listed, log_with, random_shop, shop


class TestCoPurchase(Battery):
    def make(self) -> CoPurchase:
        return CoPurchase(CoPurchaseConfig(min_support=1))

    @pytest.fixture
    def data(self) -> Interactions:
        data = random_shop()
        return replace(data, log=replace(data.log, basket=data.log.user))


def orders(*lines: tuple[int, int, int, float]) -> Interactions:
    """Make a shop of five items whose purchases are (basket, user, item, age in days)."""
    basket, user, item, age = (np.array(column) for column in zip(*lines, strict=True))
    data = shop(np.ones((1, 5)))
    log = log_with(
        data.log,
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        kind=np.full(len(lines), KIND_CODES[EventKind.PURCHASE], np.int8),
        weight=np.ones(len(lines), np.float32),
        timestamp=NOW - (age * DAY).astype(np.int64),
        basket=basket.astype(np.int32),
    )
    return replace(data, log=log)


LOG = orders(
    *((0, 7, 0, 9), (0, 7, 1, 9), (0, 7, 1, 9)),
    *((1, 7, 0, 8), (1, 7, 1, 8)),
    *((2, 8, 0, 7), (2, 8, 1, 7), (2, 8, 2, 7)),
    *((3, UNKNOWN, 0, 6), (3, UNKNOWN, 2, 6)),
)


def fit(data: Interactions, **settings: object) -> CoPurchase:
    return CoPurchase(CoPurchaseConfig.parse(settings)).fit(data, seed=0)


def test_probability_is_the_share_of_baskets_that_hold_both() -> None:
    model = fit(LOG, measure="probability")
    np.testing.assert_allclose(model.score(ask({0: 1}))[0, :3], [0, 3 / 4, 2 / 4], atol=1e-6)
    np.testing.assert_allclose(model.score(ask({1: 1}))[0, :3], [1, 0, 0], atol=1e-6)


def test_lift_is_how_much_more_often_than_by_chance() -> None:
    scores = fit(LOG, measure="lift").score(ask({0: 1}))
    np.testing.assert_allclose(scores[0, :3], [0, 3 * 4 / (4 * 3), 2 * 4 / (4 * 2)], atol=1e-6)


def test_the_log_likelihood_ratio_asks_for_evidence() -> None:
    often = [(basket, 1, item, 1) for basket in range(20) for item in (0, 1)]
    once = [(20, 1, 2, 1), (20, 1, 3, 1)]
    data = orders(*often, *once, *((basket, 1, 4, 1) for basket in range(21, 60)))
    by_evidence, by_lift = (
        fit(data, measure=measure, min_support=1).score(ask({0: 1}, {2: 1})) for measure in ("llr", "lift")
    )
    assert by_evidence[0, 1] > by_evidence[1, 3] > 0
    assert by_lift[1, 3] > by_lift[0, 1]


def test_baskets_and_buyers_of_a_pair_are_kept() -> None:
    model = fit(LOG, measure="probability", min_support=1)
    row = slice(*model.links_.indptr[:2])
    assert model.links_.indices[row].tolist() == [1, 2]
    assert model.baskets_[row].tolist() == [3, 2]
    assert model.buyers_[row].tolist() == [2, 2]


def test_partners_can_be_asked_for_a_least_number_of_buyers() -> None:
    many = ((basket, basket, item, 1) for basket in range(5) for item in (0, 1))
    keen = ((basket, 9, item, 7 * basket) for basket in range(10, 20) for item in (0, 2))
    model = fit(orders(*many, *keen), measure="probability", min_support=1)
    items = np.array([0, 2, 3], np.int32)
    assert model.partners(items, 2).items.tolist() == [[2, 1], [0, -1], [-1, -1]]
    partners = model.partners(items, 2, min_buyers=5)
    assert partners.items.tolist() == [[1, -1], [-1, -1], [-1, -1]]
    np.testing.assert_allclose(partners.scores[0], [5 / 15, np.nan], atol=1e-6)


def test_no_more_partners_than_asked_for() -> None:
    model = fit(LOG, measure="probability", min_support=1)
    assert model.partners(np.array([0], np.int32), 1).items.tolist() == [[1]]


def test_rare_pairs_are_no_links() -> None:
    assert fit(LOG, measure="probability", min_support=3).links_.indices.tolist() == [1, 0]


def test_purchases_without_a_transaction_share_a_basket_by_shopper_and_day() -> None:
    no_basket = orders((-1, 1, 0, 2.3), (-1, 1, 1, 2.3), (-1, 2, 0, 2.3), (-1, 1, 2, 9), (-1, -1, 3, 2), (-1, -1, 4, 2))
    model = fit(no_basket, measure="probability", min_support=1)
    assert model.links_.indices.tolist() == [1, 0]


def test_the_last_item_of_a_cart_counts_more() -> None:
    pairs = orders((0, 1, 0, 1), (0, 1, 2, 1), (1, 1, 1, 1), (1, 1, 3, 1))
    model = fit(pairs, measure="probability", min_support=1, decay=0.5)
    np.testing.assert_allclose(model.score(ask({0: 1, 1: 1}))[0, 2:4], [0.5, 1])
    assert listed(model.retrieve(ask({0: 1, 1: 1}), 2)) == [3, 2]


def test_what_was_sent_back_leads_nowhere() -> None:
    model = fit(LOG, measure="probability", decay=0.5)
    np.testing.assert_array_equal(model.score(ask({0: 1, 1: -1})), model.score(ask({0: 1})))
    assert np.isnan(model.score(ask({1: -1}))).all()


def test_items_without_links_follow_by_popularity() -> None:
    assert listed(fit(LOG, measure="probability", min_support=3).retrieve(ask({1: 1}), 3)) == [0, 1, 2]


def test_an_explanation_adds_up_to_the_score() -> None:
    model = fit(LOG, measure="lift", min_support=1)
    queries = ask({4: 1}, {2: 1, 0: 1})
    shares = model.explain(queries, 1, 1)
    assert shares.shape == (2,)
    assert shares.sum() == pytest.approx(model.score(queries)[1, 1])


def test_only_purchases_make_baskets() -> None:
    viewed = replace(LOG, log=replace(LOG.log, kind=np.full(len(LOG.log), KIND_CODES[EventKind.VIEW_ITEM], np.int8)))
    with pytest.raises(NotEnoughData, match="import orders"):
        fit(viewed)


def test_an_unknown_measure() -> None:
    with pytest.raises(SettingsError, match="measure"):
        CoPurchaseConfig.parse({"measure": "luck"})
