import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.recommenders.content.review_stars import MOST_LEVELS, Predicted, ReviewStars, ReviewStarsConfig, ReviewTexts
from aisle.shop.errors import InputError, NotEnoughData, SettingsError

SAYINGS = {
    1: ("Broke at once", "awful, do not buy 😡"),
    2: ("Thin", "I had hoped for more"),
    3: (None, "it is all right"),
    4: ("Good", "nice wool, a little wide"),
    5: ("Love it", "wonderful, so soft 😍"),
}


def written(count: int = 200, seed: int = 1) -> tuple[ReviewTexts, NDArray[np.float64]]:
    """Return reviews whose words follow their stars, each with a word of its own."""
    stars = np.random.default_rng(seed).integers(1, 6, count).astype(np.float64)
    sayings = [SAYINGS[int(one)] for one in stars]
    return ReviewTexts(
        [title for title, _ in sayings], [f"{text} x{at}" for at, (_, text) in enumerate(sayings)]
    ), stars


def only(*texts: str | None) -> ReviewTexts:
    return ReviewTexts([None] * len(texts), texts)


def trained(reviews: ReviewTexts, stars: NDArray[np.float64], **settings: float) -> ReviewStars:
    return ReviewStars(ReviewStarsConfig.parse(settings)).fit(reviews, stars, seed=1)


@pytest.fixture(scope="module")
def model() -> ReviewStars:
    return trained(*written())


def test_words_tell_stars(model: ReviewStars) -> None:
    sayings = list(SAYINGS.values())
    predicted = model.predict(ReviewTexts([title for title, _ in sayings], [text for _, text in sayings]))
    assert predicted.median.tolist() == [1, 2, 3, 4, 5]
    assert (np.diff(predicted.mean) > 0).all()


def test_a_known_answer() -> None:
    # One word each, half of them good: a logistic regression on two features that are 1 or 0.
    stars = np.tile([1.0, 5.0], 50)
    model = trained(only(*["bad", "good"] * 50), stars, regularization=1e-4)
    predicted = model.predict(only("good", "bad"))
    np.testing.assert_allclose(predicted.distribution, [[0, 1], [1, 0]], atol=0.01)
    np.testing.assert_allclose(predicted.mean, [5, 1], atol=0.04)


def test_it_knows_what_it_does_not_know() -> None:
    # Of those who say "hm", three in four give 5 stars.
    stars = np.tile([5.0, 5.0, 5.0, 1.0], 50)
    predicted = trained(only(*["hm"] * 200), stars, regularization=0.1).predict(only("hm"))
    assert predicted.distribution[0, 1] == pytest.approx(0.75, abs=0.02)
    assert predicted.median[0] == 5
    assert predicted.mean[0] == pytest.approx(4, abs=0.1)


def test_distributions_are_distributions(model: ReviewStars) -> None:
    distribution = model.predict(written(300, seed=2)[0]).distribution
    assert distribution.dtype == np.float32
    assert (distribution >= 0).all()
    np.testing.assert_allclose(distribution.sum(axis=1), 1, rtol=1e-6)


def test_median_and_mean_of_a_distribution() -> None:
    levels = np.array([1, 3, 5], np.float32)
    predicted = Predicted(levels, np.array([[0.2, 0.2, 0.6], [0.5, 0.0, 0.5], [np.nan] * 3], np.float32))
    np.testing.assert_array_equal(predicted.median, [5, 1, np.nan])
    np.testing.assert_allclose(predicted.mean, [3.8, 3, np.nan], rtol=1e-6)


@pytest.mark.parametrize("text", [None, "", "  \n", "ζωή", "猫"])
def test_it_cannot_say_what_it_has_no_word_of(model: ReviewStars, text: str | None) -> None:
    predicted = model.predict(only(text, "wonderful"))
    assert np.isnan(predicted.distribution[0]).all()
    assert np.isnan([predicted.median[0], predicted.mean[0]]).all()
    assert np.isfinite(predicted.distribution[1]).all()


def test_unknown_words_beside_known_ones_change_nothing(model: ReviewStars) -> None:
    predicted = model.predict(only("so soft", "so soft 猫"))
    np.testing.assert_array_equal(*predicted.distribution)


def test_a_title_counts_beyond_its_words(model: ReviewStars) -> None:
    titled, untitled = model.predict(ReviewTexts(["Love it", None], [None, "Love it"])).mean
    assert titled > untitled > 3


def test_emojis_tell(model: ReviewStars) -> None:
    angry, enamoured = model.predict(only("😡", "😍")).mean
    assert angry < 3 < enamoured


@pytest.mark.parametrize(
    ("good", "bad", "new_good", "new_bad"),
    [
        ("这件衣服非常好看很喜欢", "质量太差了退货很失望", "真的好看喜欢", "太差了失望"),
        ("Ausgezeichnete Verarbeitung", "Enttäuschende Qualität", "ausgezeichneter Stoff", "Enttäuschung"),
        ("produto excelente, recomendo", "não recebi, péssimo", "EXCELENTES", "pessima"),
    ],
    ids=["chinese", "german", "portuguese"],
)
def test_any_language_also_without_spaces(good: str, bad: str, new_good: str, new_bad: str) -> None:
    model = trained(only(*[good, bad] * 60), np.tile([5.0, 1.0], 60))
    assert model.predict(only(new_good, new_bad)).median.tolist() == [5, 1]


def test_a_very_long_text(model: ReviewStars) -> None:
    predicted = model.predict(only("wonderful " * 50_000, "x" * 300_000 + " wonderful"))
    assert (predicted.mean > 3).all()


def test_a_text_is_told_the_same_among_others(model: ReviewStars) -> None:
    reviews, _ = written(50, seed=3)
    together = model.predict(reviews).distribution
    alone = [model.predict(ReviewTexts([a], [b])).distribution[0] for a, b in zip(*reviews, strict=True)]
    np.testing.assert_array_equal(together, alone)


def test_blocks_do_not_show(model: ReviewStars, monkeypatch: pytest.MonkeyPatch) -> None:
    reviews, _ = written(50, seed=3)
    whole = model.predict(reviews).distribution
    monkeypatch.setattr("aisle.recommenders.content.review_stars._BLOCK", 7)
    np.testing.assert_array_equal(model.predict(reviews).distribution, whole)


def test_nothing_asked_nothing_said(model: ReviewStars) -> None:
    assert model.predict(only()).distribution.shape == (0, 5)


def test_equal_reviews_give_equal_arrays(model: ReviewStars) -> None:
    again = trained(*written())
    assert again.weights_.tobytes() == model.weights_.tobytes()
    assert again.intercepts_.tobytes() == model.intercepts_.tobytes()
    assert {field: terms.terms.ids for field, terms in again.fields_.items()} == {
        field: terms.terms.ids for field, terms in model.fields_.items()
    }


def test_refit_forgets(model: ReviewStars) -> None:
    other = trained(only(*["hm", "oh"] * 100), np.tile([1.0, 2.0], 100))
    other.fit(*written(), seed=1)
    np.testing.assert_array_equal(other.weights_, model.weights_)


def test_reviews_without_words_or_stars_teach_nothing(model: ReviewStars) -> None:
    reviews, stars = written()
    more = ReviewTexts([*reviews.titles, None, "Thin"], [*reviews.texts, " ", None])
    again = trained(more, np.append(stars, [1.0, np.nan]))
    np.testing.assert_array_equal(again.weights_, model.weights_)


def test_of_many_reviews_some_are_drawn() -> None:
    reviews, stars = written(400)
    some = trained(reviews, stars, most_reviews=150)
    assert len(some.fields_["words"].terms) < len(trained(reviews, stars).fields_["words"].terms) + 1
    other = ReviewStars(some.config).fit(reviews, stars, seed=2)
    assert other.weights_.tobytes() != some.weights_.tobytes()


def test_levels_are_those_of_the_shop() -> None:
    model = trained(only(*["bad", "good"] * 60), np.tile([2.5, 10.0], 60))
    assert model.levels_.tolist() == [2.5, 10.0]


def test_a_fine_scale_is_learnt_in_even_steps() -> None:
    stars = np.arange(0, 101).astype(np.float64).repeat(2)
    model = trained(only(*[f"word{int(one) // 10}" for one in stars]), stars)
    assert model.levels_.tolist() == list(range(0, 101, 10))
    assert len(model.levels_) == MOST_LEVELS
    low, high = model.predict(only("word0", "word9")).mean
    assert low < high


def test_too_few_reviews_are_refused() -> None:
    with pytest.raises(NotEnoughData, match="99 reviews have both words and stars; import 100"):
        trained(*written(99))


def test_one_class_only_is_refused() -> None:
    with pytest.raises(NotEnoughData, match="all 200 reviews give 5 stars; there is nothing to tell apart"):
        trained(written()[0], np.full(200, 5.0))


def test_stars_must_match_the_reviews() -> None:
    with pytest.raises(InputError, match="200 reviews do not match 3 stars"):
        trained(written()[0], np.ones(3))


def test_titles_must_match_the_texts(model: ReviewStars) -> None:
    with pytest.raises(InputError, match="1 titles do not match 2 texts"):
        model.predict(ReviewTexts(["one"], ["one", "two"]))


def test_regularization_is_above_0() -> None:
    with pytest.raises(SettingsError, match="regularization"):
        ReviewStarsConfig(regularization=0)


def test_predicting_does_not_import_scikit_learn() -> None:
    code = "import sys, aisle.recommenders.content.review_stars; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
