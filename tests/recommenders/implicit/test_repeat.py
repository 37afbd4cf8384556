import numpy as np

from aisle.recommenders.base import NoSettings
from aisle.recommenders.implicit.repeat import Repeat
from tests.recommenders.battery import Battery, ask, listed, random_shop, shop


class TestRepeat(Battery):
    def make(self) -> Repeat:
        return Repeat(NoSettings())


def test_own_items_come_first_by_their_weight_and_the_rest_by_popularity() -> None:
    model = Repeat(NoSettings()).fit(shop(np.array([[1, 1, 1, 1], [0, 1, 0, 1], [0, 1, 0, 0]])), seed=1)
    assert listed(model.retrieve(ask({2: 0.5, 0: 2.0}), 4)) == [0, 2, 1, 3]


def test_what_was_sent_back_is_not_proposed_again() -> None:
    model = Repeat(NoSettings()).fit(random_shop(), seed=1)
    assert model.score(ask({2: -0.5, 0: 2.0}))[0, 2] < 0


def test_who_likes_nothing_has_no_scores() -> None:
    model = Repeat(NoSettings()).fit(random_shop(), seed=1)
    assert np.isnan(model.score(ask({2: -0.5}))).all()


def test_an_item_speaks_for_itself_alone() -> None:
    model = Repeat(NoSettings()).fit(random_shop(), seed=1)
    queries = ask({1: 1.0}, {2: 0.5, 0: 2.0, 3: -1.0})
    assert model.explain(queries, 1, 0).tolist() == [0, 2, 0]
    assert model.explain(queries, 1, 3).tolist() == [0, 0, 0]
    assert model.explain(queries, 1, 9).tolist() == [0, 0, 0]
