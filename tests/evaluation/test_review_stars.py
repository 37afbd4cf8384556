import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.evaluation.review_stars import FOLDS, cross_validate, item_folds
from aisle.recommenders.content.review_stars import ReviewStarsConfig, ReviewTexts
from aisle.shop.errors import NotEnoughData

ITEM = np.arange(200) % 10
STARS = np.where(np.arange(200) % 4 == 0, 1.0, 5.0)


def measured(texts: list[str], stars: NDArray[np.float64] = STARS) -> tuple[int, float, float, float | None]:
    errors = cross_validate(ReviewStarsConfig(), ReviewTexts([None] * 200, texts), stars, ITEM, seed=1)
    return errors.reviews, errors.mae, errors.mae_always, errors.spearman


def test_words_that_tell_stars_leave_no_error() -> None:
    reviews, error, always, correlation = measured(["good" if one > 3 else "bad" for one in STARS])
    assert (reviews, error, always) == (200, 0, 1)
    assert correlation == pytest.approx(1)


def test_words_known_from_their_own_item_alone_do_not_help() -> None:
    # Each item has words of its own for good and bad: learnt from the same item they would tell everything.
    texts = [f"hm {chr(97 + item + 10 * (one > 3)) * 3}" for item, one in zip(ITEM, STARS, strict=True)]
    _, error, always, _ = measured(texts)
    assert error == always


def test_words_that_tell_nothing_have_no_order() -> None:
    assert measured(["hm"] * 200)[3] is None


def test_reviews_without_words_or_stars_are_not_asked_about() -> None:
    stars = STARS.copy()
    stars[:7] = np.nan
    texts = ["good" if one > 3 else "bad" for one in STARS]
    texts[50:53] = ["", " ", "猫"]
    assert measured(texts, stars)[0] == 190


def test_each_review_is_held_out_once_with_all_of_its_item() -> None:
    folds = list(item_folds(ITEM, FOLDS, seed=1))
    assert sorted(np.concatenate([held_out for _, held_out in folds]).tolist()) == list(range(200))
    for rest, held_out in folds:
        assert not set(ITEM[rest]) & set(ITEM[held_out])
        assert len(rest) + len(held_out) == 200


def test_a_shop_with_few_items_cannot_be_measured() -> None:
    with pytest.raises(NotEnoughData, match="3 items have reviews; 5 are needed"):
        list(item_folds(np.arange(9) % 3, FOLDS, seed=1))
