import dataclasses

import numpy as np
import polars as pl
import pytest

from aisle.prepare.interactions import Interactions
from aisle.prepare.item_text import HIGHLIGHTS
from aisle.recommenders.base import NoSettings
from aisle.recommenders.second_stage.review_highlights import ReviewHighlights
from aisle.shop.errors import NotEnoughData
from tests.recommenders.battery import shop


def highlighted(*phrases: str | None) -> Interactions:
    data = shop(np.ones((2, len(phrases))))
    return dataclasses.replace(data, catalogue=pl.DataFrame({HIGHLIGHTS: phrases}, {HIGHLIGHTS: pl.String}))


def fitted(data: Interactions) -> ReviewHighlights:
    return ReviewHighlights(NoSettings()).fit(data)


def test_each_item_has_its_phrase() -> None:
    highlights = fitted(highlighted("fits well", None, "soft", "fits well"))
    assert [highlights.of(item) for item in range(4)] == ["fits well", None, "soft", "fits well"]


def test_it_comes_back_from_its_arrays() -> None:
    before = fitted(highlighted("fits well", None, "größer 😀"))
    after = ReviewHighlights.from_arrays(NoSettings(), before.arrays())
    assert [after.of(item) for item in range(3)] == ["fits well", None, "größer 😀"]


@pytest.mark.parametrize("data", [highlighted(None, None), shop(np.ones((2, 2)))])
def test_without_a_highlight_nothing_is_learnt(data: Interactions) -> None:
    with pytest.raises(NotEnoughData, match="too few reviewers like the same about any item"):
        fitted(data)
