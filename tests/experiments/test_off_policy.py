"""Off-policy estimates: worked examples, a bandit whose truth is known, and what is refused."""

import numpy as np
import pytest

from aisle.experiments.off_policy import (
    Logged,
    direct,
    doubly_robust,
    estimates,
    ips,
    overlap,
    snips,
    switch,
)
from benchmarks.shared import bandit

DRAWS = [bandit.draw(seed, shelves=800) for seed in range(60)]
FOUND = [{one.method: one for one in estimates(drawn.logged)} for drawn in DRAWS]


def logged(
    reward: list[float],
    propensity: list[float],
    target: list[float],
    expected: list[float] | None = None,
    expected_of_target: list[float] | None = None,
) -> Logged:
    """Return places, each another shopper's, at the first position; without a model nothing is expected."""
    size = len(reward)
    columns = (reward, propensity, target, expected or [0.0] * size, expected_of_target or [0.0] * size)
    of_reward, shown, of_target, of_item, of_new = (np.array(column, np.float64) for column in columns)
    return Logged(of_reward, shown, of_target, np.zeros(size, np.int64), np.arange(size), of_item, of_new)


class TestMethods:
    # Shown with probability ½ and ¼; the new strategy shows the first and the third.
    places = logged(
        reward=[1, 1, 0, 1], propensity=[0.5, 0.5, 0.25, 0.25], target=[1, 0, 1, 0], expected=[0.5, 0.5, 0.25, 0.25]
    )._replace(expected_of_target=np.array([0.5, 0.25, 0.25, 0.5]))

    def test_ips_weighs_by_how_rare_a_place_was(self) -> None:
        assert ips(self.places).tolist() == [2, 0, 0, 0]

    def test_snips_divides_by_the_weights(self) -> None:
        assert snips(self.places).mean() == pytest.approx(2 / (2 + 4))

    def test_snips_of_several_positions_normalises_each(self) -> None:
        of_two = self.places._replace(position=np.array([0, 0, 1, 1]))
        # Position 0: 2 / 2; position 1: 0 / 4; each has half of the places.
        assert snips(of_two).mean() == pytest.approx((1 + 0) / 2)

    def test_snips_leaves_out_positions_without_places(self) -> None:
        from_the_second = self.places._replace(position=np.array([1, 1, 3, 3]))
        assert snips(from_the_second).mean() == pytest.approx((1 + 0) / 2)

    def test_snips_of_a_position_that_the_strategy_shares_nothing_of_is_zero(self) -> None:
        assert snips(self.places._replace(target=np.zeros(4))).tolist() == [0, 0, 0, 0]

    def test_direct_asks_the_model_alone(self) -> None:
        assert direct(self.places).mean() == pytest.approx(0.375)

    def test_doubly_robust_corrects_the_model(self) -> None:
        # 0.375 + (2 · (1 - ½) + 4 · (0 - ¼)) / 4
        assert doubly_robust(self.places).mean() == pytest.approx(0.375)
        assert doubly_robust(self.places).tolist() == pytest.approx([1.5, 0.25, -0.75, 0.5])

    def test_doubly_robust_with_a_perfect_model_does_not_vary(self) -> None:
        perfect = self.places._replace(expected=self.places.reward, expected_of_target=np.full(4, 0.5))
        assert doubly_robust(perfect).tolist() == [0.5] * 4

    def test_switch_leaves_a_wild_weight_to_the_model(self) -> None:
        # One place was shown once in a million times; what it brings would decide everything.
        size = 1000
        wild = logged(
            reward=[1.0] + [0.1] * (size - 1),
            propensity=[1e-6] + [0.5] * (size - 1),
            target=[1.0] * size,
            expected=[0.1] * size,
            expected_of_target=[0.1] * size,
        )
        assert doubly_robust(wild).mean() > 100
        assert switch(wild).mean() == pytest.approx(0.1)


class TestKnownTruth:
    """Of a made-up bandit; `benchmarks.off_policy` draws it 200 times."""

    def rmse(self, method: str) -> float:
        errors = [found[method].value - each.truth for found, each in zip(FOUND, DRAWS, strict=True)]
        return float(np.sqrt(np.mean(np.square(errors))))

    def test_doubly_robust_is_closer_than_inverse_propensities(self) -> None:
        assert self.rmse("DR") <= self.rmse("IPS")

    @pytest.mark.parametrize("method", ["IPS", "SNIPS", "DR", "SWITCH-DR"])
    def test_intervals_hold_the_truth(self, method: str) -> None:
        held = [f[method].low <= each.truth <= f[method].high for f, each in zip(FOUND, DRAWS, strict=True)]
        assert np.mean(held) >= 0.88, "of 60 intervals of 95 % fewer than 53 would be a rare accident"

    def test_a_model_alone_is_off_where_it_cannot_know_the_tastes(self) -> None:
        assert self.rmse("DM") > self.rmse("DR")

    def test_todays_own_strategy_changes_nothing(self) -> None:
        places = DRAWS[0].logged
        same = places._replace(target=places.propensity, expected_of_target=places.expected)
        for estimate in estimates(same):
            if estimate.method != "DM":
                assert [estimate.change, estimate.change_low] == pytest.approx([0, 0])


class TestIntervals:
    def test_places_of_one_shopper_are_not_independent(self) -> None:
        draw = np.random.default_rng(0)
        each = (draw.random(200) < 0.3).astype(np.float64)
        apart = logged(reward=each.tolist(), propensity=[0.5] * 200, target=[0.5] * 200)
        together = Logged(*(np.repeat(column, 10) for column in apart))  # type: ignore[arg-type]
        one, ten = estimates(apart)[0], estimates(together)[0]
        assert ten.high - ten.low == pytest.approx(one.high - one.low), "ten equal places tell as much as one"


class TestOverlap:
    def test_effective_size_is_kishs(self) -> None:
        found = overlap(TestMethods.places)
        assert found.effective == pytest.approx((2 + 4) ** 2 / (4 + 16))
        assert (found.places, found.rewards) == (4, 1)

    def test_nothing_left_to_chance(self) -> None:
        certain = logged(reward=[1.0] * 50, propensity=[1.0] * 50, target=[1.0] * 50)
        refusal = overlap(certain).refusal("recommended-for-you")
        assert refusal is not None
        assert "set explore = 0.1 in [placements.recommended-for-you]" in refusal

    def test_too_few_places(self) -> None:
        refusal = overlap(bandit.draw(0, shelves=100).logged).refusal("home")
        assert refusal is not None
        assert "raise explore in [placements.home]" in refusal

    def test_what_is_never_shown(self) -> None:
        places = bandit.draw(0).logged
        half = places._replace(target=np.where(places.position == 0, 0, places.target))
        refusal = overlap(half).refusal("home")
        assert refusal is not None
        assert "only an A/B test does" in refusal

    def test_enough(self) -> None:
        assert overlap(bandit.draw(0).logged).refusal("home") is None

    def test_a_strategy_that_shares_nothing(self) -> None:
        apart = logged(reward=[1.0, 0.0] * 500, propensity=[0.5] * 1000, target=[0.0] * 1000)
        assert overlap(apart).effective == 0
        assert overlap(apart).refusal("home") is not None
