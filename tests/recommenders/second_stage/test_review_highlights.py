import dataclasses

import numpy as np
import polars as pl
import pytest

from aisle.prepare.interactions import Interactions
from aisle.recommenders.second_stage.review_highlights import ReviewHighlights, ReviewHighlightsConfig
from aisle.shop.errors import NotEnoughData
from tests.recommenders.battery import shop


def praised(*phrases: str | None) -> Interactions:
    data = shop(np.ones((2, len(phrases))))
    return dataclasses.replace(data, catalogue=pl.DataFrame({"praise": phrases}, {"praise": pl.String}))


def fitted(data: Interactions) -> ReviewHighlights:
    return ReviewHighlights(ReviewHighlightsConfig()).fit(data)


def test_each_item_has_its_phrase() -> None:
    praise = fitted(praised("fits well", None, "soft", "fits well"))
    assert [praise.of(item) for item in range(4)] == ["fits well", None, "soft", "fits well"]


def test_a_bundle_keeps_it() -> None:
    before = fitted(praised("fits well", None, "größer 😀"))
    after = ReviewHighlights.from_arrays(ReviewHighlightsConfig(), before.arrays())
    assert [after.of(item) for item in range(3)] == ["fits well", None, "größer 😀"]


@pytest.mark.parametrize("data", [praised(None, None), shop(np.ones((2, 2)))])
def test_nothing_praised_is_nothing_learnt(data: Interactions) -> None:
    with pytest.raises(NotEnoughData, match="too few reviewers praise"):
        fitted(data)
