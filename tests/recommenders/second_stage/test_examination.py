"""How often places are looked at, recovered from simulated clicks on personally ordered shelves."""

import numpy as np
import pytest

from aisle.prepare.shown import NEVER, ShownPlaces
from aisle.recommenders.second_stage.examination import LEAST_CLICKS, PLACES, examination
from aisle.shop.errors import NotEnoughData

SHELVES, LENGTH = 40_000, 8
TRUTH = np.arange(1, LENGTH + 1) ** -0.7


@pytest.fixture(scope="module")
def shown() -> ShownPlaces:
    """Shelves ordered by scores, of which the chance of a click is a function: the best of each stand first."""
    draw = np.random.default_rng(1)
    score = -np.sort(-draw.normal(size=(SHELVES, LENGTH)), axis=1)
    clicked = draw.random(score.shape) < 0.2 / (1 + np.exp(-1.5 * score)) * TRUTH
    return ShownPlaces(
        user=np.repeat(np.arange(SHELVES, dtype=np.int32), LENGTH),
        item=draw.integers(0, 50, SHELVES * LENGTH).astype(np.int32),
        position=np.tile(np.arange(1, LENGTH + 1, dtype=np.int32), SHELVES),
        score=score.ravel().astype(np.float32),
        timestamp=np.zeros(SHELVES * LENGTH, np.int64),
        clicked_at=np.where(clicked.ravel(), 1, NEVER),
    )


def test_the_truth_is_found_where_clicks_alone_mislead(shown: ShownPlaces) -> None:
    rates = np.bincount(shown.position, shown.clicked_at != NEVER)[1:] / SHELVES
    assert (rates / rates[0])[-1] < 0.5 * TRUTH[-1], "few click the last place, as what they like stands before it"
    found = examination(shown)
    assert found[:LENGTH] == pytest.approx(TRUTH, rel=0.15)
    assert len(found) == PLACES
    assert found[0] == 1
    assert (np.diff(found) <= 0).all()
    assert (found[LENGTH:] == found[LENGTH - 1]).all()


def test_what_explored_has_no_score_and_does_not_count(shown: ShownPlaces) -> None:
    draw = np.random.default_rng(2)
    without = draw.random(len(shown)) < 0.1
    score = np.where(without, np.nan, shown.score)
    clicked_at = np.where(without, 1, shown.clicked_at)
    explored = ShownPlaces(shown.user, shown.item, shown.position, score, shown.timestamp, clicked_at)
    assert examination(explored)[:LENGTH] == pytest.approx(TRUTH, rel=0.2)


def test_places_far_down_are_taken_as_one() -> None:
    clicks = LEAST_CLICKS
    position = np.array([1] * clicks + [30] * clicks, np.int32)
    clicked_at = np.array([1] * clicks + [1, NEVER] * (clicks // 2))
    nothing = np.zeros(2 * clicks, np.int32)
    shown = ShownPlaces(nothing, nothing, position, nothing.astype(np.float32), nothing.astype(np.int64), clicked_at)
    found = examination(shown)
    assert found[-1] == pytest.approx(0.5)
    assert (found[:-1] == 1).all()


@pytest.mark.parametrize("first", [1, 2])
def test_few_clicks_tell_nothing(first: int) -> None:
    count = LEAST_CLICKS - 1 if first == 1 else LEAST_CLICKS
    nothing = np.zeros(count, np.int32)
    position, clicked = np.full(count, first, np.int32), np.ones(count, np.int64)
    shown = ShownPlaces(nothing, nothing, position, nothing.astype(np.float32), nothing.astype(np.int64), clicked)
    with pytest.raises(NotEnoughData, match="fewer than 500 clicks"):
        examination(shown)
