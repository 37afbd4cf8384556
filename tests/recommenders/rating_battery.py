"""What every model that predicts stars must do, on top of what every recommender must."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Recommender
from aisle.shop.errors import InputError, NotEnoughData
from aisle.shop.events import EventKind
from aisle.shop.ids import UNKNOWN
from tests.recommenders.battery import Battery, ask, ask_rows, assert_same_arrays, listed, random_shop, shop


def rated_shop(stars: NDArray[Any]) -> Interactions:
    """Make training data of a dense matrix of stars, 0 where there is no rating."""
    return shop(stars, EventKind.RATE)


def random_ratings(users: int = 40, items: int = 30, seed: int = 3) -> Interactions:
    """Make ratings from 1 to 5 that follow tastes."""
    draw = np.random.default_rng(seed)
    tastes = draw.normal(size=(users, 2)) @ draw.normal(size=(2, items)) + draw.normal(size=items)
    stars = np.clip(np.rint(3 + tastes), 1, 5)
    return rated_shop(stars * (draw.random((users, items)) < 0.4))


class RatingBattery(Battery):
    kind = EventKind.RATE

    def test_it_says_that_it_predicts_ratings(self, fitted: Recommender[Any]) -> None:
        assert isinstance(fitted, PredictsRatings)
        assert list(fitted.scale) == [1, 3]
        assert fitted.users_count == 40

    def test_known_users_are_predicted_within_the_scale(self, data: Interactions, fitted: Recommender[Any]) -> None:
        assert isinstance(fitted, PredictsRatings)
        users, items = np.divmod(np.arange(data.shape[0] * data.shape[1]), data.shape[1])
        stars = fitted.predict(users, items)
        assert stars.dtype == np.float32
        assert (stars >= 1).all()
        assert (stars <= 3).all()

    def test_a_known_user_is_folded_in_to_about_the_same(self) -> None:
        data = random_ratings()
        model = self.make().fit(data, seed=1)
        assert isinstance(model, PredictsRatings)
        users, items = np.divmod(np.arange(data.shape[0] * data.shape[1]), data.shape[1])
        trained = model.predict(users, items)
        folded = model.stars(model.score(ask_rows(data))).ravel()
        assert np.sqrt(np.mean((trained - folded) ** 2)) < 0.25
        assert np.corrcoef(trained, folded)[0, 1] > 0.95

    def test_predictions_beat_the_mean_on_what_was_learnt(self) -> None:
        data = random_ratings()
        model = self.make().fit(data, seed=1)
        assert isinstance(model, PredictsRatings)
        users, items = data.matrix.nonzero()
        given = data.matrix.data
        assert np.mean((model.predict(users, items) - given) ** 2) < 0.8 * given.var()

    @pytest.mark.parametrize("pair", [(40, 0), (UNKNOWN, 0), (0, 30), (0, UNKNOWN)])
    def test_strangers_are_for_queries(self, fitted: Recommender[Any], pair: tuple[int, int]) -> None:
        assert isinstance(fitted, PredictsRatings)
        with pytest.raises(InputError, match="was not in the training data; score a query"):
            fitted.predict(np.array([pair[0]]), np.array([pair[1]]))

    def test_no_pairs_no_predictions(self, fitted: Recommender[Any]) -> None:
        assert isinstance(fitted, PredictsRatings)
        nobody = np.zeros(0, np.int32)
        assert fitted.predict(nobody, nobody).shape == (0,)

    def test_nobody_has_rated_anything(self) -> None:
        with pytest.raises(NotEnoughData, match="no shopper has rated anything with stars"):
            self.make().fit(random_shop(), seed=1)

    def test_the_last_rating_of_a_pair_wins_and_broken_ones_are_passed_over(self, fitted: Recommender[Any]) -> None:
        log = random_shop(kind=self.kind).log
        before = replace(log, rating=np.full(len(log), 1, np.float32), timestamp=log.timestamp - 10**15)
        broken = replace(log, rating=np.resize(np.array([np.nan, np.inf, -np.inf], np.float32), len(log)))
        nobodys = replace(log, user=np.full(len(log), UNKNOWN, np.int32))
        joined = {
            name: np.concatenate([getattr(one, name) for one in (before, log, broken, nobodys)]) for name in vars(log)
        }
        data = replace(random_shop(), log=replace(log, **joined))
        assert_same_arrays(self.make().fit(data, seed=1), fitted)

    def test_equal_ratings_are_predicted_as_they_are(self) -> None:
        data = rated_shop(4 * (np.random.default_rng(1).random((12, 9)) < 0.5))
        model = self.make().fit(data, seed=1)
        assert isinstance(model, PredictsRatings)
        np.testing.assert_allclose(model.score(ask({0: 4.0, 3: 4.0})), 4, atol=0.25)
        assert (model.predict(np.arange(9), np.arange(9)) == 4).all()

    def test_ratings_outside_the_scale_count_as_its_ends(self, fitted: Recommender[Any]) -> None:
        extreme, ends = fitted.score(ask({3: 1e9, 5: 0.001})), fitted.score(ask({3: 3.0, 5: 1.0}))
        np.testing.assert_array_equal(extreme, ends)

    def test_a_history_without_stars_is_as_good_as_none(self, fitted: Recommender[Any]) -> None:
        queries = ask({3: 2.0, 5: 1.0})
        assert queries.ratings is not None
        for ratings in (None, np.full_like(queries.ratings, np.nan)):
            np.testing.assert_array_equal(fitted.score(replace(queries, ratings=ratings)), fitted.score(ask({})))

    def test_better_stars_raise_the_level(self) -> None:
        model = self.make().fit(random_ratings(), seed=1)
        low, high = model.score(ask({1: 1.0, 4: 1.0, 9: 2.0})), model.score(ask({1: 5.0, 4: 5.0, 9: 4.0}))
        assert high.mean() >= low.mean()

    def test_users_and_items_without_ratings(self) -> None:
        stars = np.zeros((6, 5))
        stars[:4, :3] = np.arange(12).reshape(4, 3) % 5 + 1
        model = self.make().fit(rated_shop(stars), seed=1)
        assert isinstance(model, PredictsRatings)
        assert np.isfinite(model.predict(np.array([5, 0, 5]), np.array([0, 4, 4]))).all()
        assert len(listed(model.retrieve(ask({0: 1.0}), 5))) == 5
