"""Stars predicted from the words of reviews, learnt from the shop's own reviews that have both."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from aisle.prepare.ngrams import count_letters, count_words
from aisle.recommenders.base import Config
from aisle.recommenders.content.tfidf import TfIdf
from aisle.recommenders.ranges import AtLeastOne, Positive
from aisle.shop.errors import InputError, NotEnoughData

FEWEST_REVIEWS: Final = 100
"""With fewer texts that have stars, nothing is learnt."""

MOST_LEVELS: Final = 11
"""A scale with more levels than this, such as percentages, is divided into this many even levels."""

_FIELDS: Final = {"words": count_words, "letters": count_letters, "title": count_words}
"""How each field is counted. A title is counted as a part of the whole text, and once more by itself."""

_BLOCK: Final = 5000
"""The number of texts that are read at a time, which bounds the memory."""


class ReviewTexts(NamedTuple):
    """The texts of reviews; both lists have an entry for each review, null or empty if it has no such text."""

    titles: Sequence[str | None]
    texts: Sequence[str | None]


class Predicted(NamedTuple):
    """The predicted stars of texts. Rows are NaN for a text without a term that the model knows."""

    levels: NDArray[np.float32]
    """The possible stars, lowest first, (levels,)."""
    distribution: NDArray[np.float32]
    """The probability of each level, (texts, levels)."""

    @property
    def median(self) -> NDArray[np.float32]:
        """The median stars, (texts,), which have the least absolute error."""
        middle = (np.cumsum(self.distribution, axis=1, dtype=np.float64) < 0.5).sum(axis=1)
        return self._where_predicted(self.levels[np.minimum(middle, len(self.levels) - 1)])

    @property
    def mean(self) -> NDArray[np.float32]:
        """The mean stars, (texts,), which have the least squared error, and few ties."""
        return self._where_predicted(self.distribution.astype(np.float64) @ self.levels)

    def _where_predicted(self, stars: NDArray[np.floating]) -> NDArray[np.float32]:
        return np.where(np.isnan(self.distribution[:, 0]), np.nan, stars).astype(np.float32)


class ReviewStarsConfig(Config, frozen=True):
    """Which terms count, and how strongly weights are shrunk."""

    regularization: Positive = 0.5
    """λ: the weights w of a classifier pay λ/2 |w|²."""
    min_texts: AtLeastOne = 2
    """Words and pairs of words in fewer texts are ignored."""
    min_texts_letters: AtLeastOne = 3
    """The same for letter sequences."""
    most_reviews: AtLeastOne = 20_000
    """The number of reviews to learn from, at most; of more, a sample is drawn."""


class ReviewStars:
    """Logistic regressions on TF-IDF, one for each step of the scale: more than 1 star, more than 2, and so on.

    The model knows no language: it counts words, pairs of words and letter sequences, and learns which of them go with
    more stars (ordinal regression by binary classifiers: Frank and Hall, 2001). Where two classifiers contradict each
    other, that of the lower step prevails. scikit-learn is needed to learn and not to predict.

    `predict` returns a distribution over stars. Its `median` is the best estimate; its `mean` orders reviews with few
    ties.
    """

    levels_: NDArray[np.float32]
    """The possible stars, lowest first, (levels,)."""
    fields_: dict[str, TfIdf]
    """The terms of each field."""
    weights_: NDArray[np.float32]
    """The weight of each term for more stars than each level but the last, in log-odds, (terms, levels - 1)."""
    intercepts_: NDArray[np.float32]
    """(levels - 1,)."""

    def __init__(self, config: ReviewStarsConfig) -> None:
        self.config = config

    def fit(self, reviews: ReviewTexts, stars: NDArray[np.floating], *, seed: int) -> Self:
        """Learn from reviews with stars, and forget what was learnt before.

        Parameters
        ----------
        reviews
            Their texts; reviews without a word are skipped.
        stars
            Their stars, (reviews,); reviews with NaN are skipped.
        seed
            Of the sample of reviews.

        Raises
        ------
        InputError
            If titles, texts and stars differ in number.
        NotEnoughData
            If fewer than `FEWEST_REVIEWS` have words and stars, or all have the same stars.
        """
        whole, titles = _whole(reviews)
        if len(stars) != len(whole):
            raise InputError(f"{len(whole)} reviews do not match {len(stars)} stars; give each review one")
        drawn = _draw(np.flatnonzero([bool(text) for text in whole] & np.isfinite(stars)), self.config, seed)
        self.levels_, level = _levels(stars[drawn])
        texts = {
            field: [every[number] for number in drawn.tolist()] for field, every in _by_field(whole, titles).items()
        }
        self.fields_, blocks = {}, []
        for field, count in _FIELDS.items():
            counted = count(texts[field])
            min_texts = self.config.min_texts_letters if field == "letters" else self.config.min_texts
            self.fields_[field] = TfIdf.learn(counted, min_texts)
            blocks.append(self.fields_[field].vectors(counted))
        self.weights_, self.intercepts_ = _steps(csr_array(hstack(blocks)), level, self.config.regularization)
        return self

    def predict(self, reviews: ReviewTexts) -> Predicted:
        """Return the distribution over stars of each review."""
        whole, titles = _whole(reviews)
        distribution = np.empty((len(whole), len(self.levels_)), np.float32)
        for start in range(0, len(whole), _BLOCK):
            block = slice(start, start + _BLOCK)
            distribution[block] = self._distribution(whole[block], titles[block])
        return Predicted(self.levels_, distribution)

    def _distribution(self, whole: list[str], titles: list[str]) -> NDArray[np.float64]:
        """Return the distributions of a block of texts, (texts, levels)."""
        texts = _by_field(whole, titles)
        vectors = csr_array(
            hstack([self.fields_[field].vectors(count(texts[field])) for field, count in _FIELDS.items()])
        )
        odds = (vectors @ self.weights_ + self.intercepts_).astype(np.float64)
        above = np.minimum.accumulate(1 / (1 + np.exp(-odds)), axis=1)
        ends = np.ones((len(whole), 1)), np.zeros((len(whole), 1))
        distribution = -np.diff(np.concatenate((ends[0], above, ends[1]), axis=1), axis=1)
        distribution[np.diff(vectors.indptr) == 0] = np.nan
        return distribution


def _whole(reviews: ReviewTexts) -> tuple[list[str], list[str]]:
    """Return the whole text of each review, and its title, without surrounding space."""
    if len(reviews.titles) != len(reviews.texts):
        raise InputError(f"{len(reviews.titles)} titles do not match {len(reviews.texts)} texts; give each review both")
    titles = [(title or "").strip() for title in reviews.titles]
    whole = [f"{title}\n{text or ''}".strip() for title, text in zip(titles, reviews.texts, strict=True)]
    return whole, titles


def _by_field(whole: list[str], titles: list[str]) -> dict[str, list[str]]:
    return {"words": whole, "letters": whole, "title": titles}


def _draw(usable: NDArray[np.intp], config: ReviewStarsConfig, seed: int) -> NDArray[np.intp]:
    """Return which reviews to learn from, ascending."""
    if len(usable) < FEWEST_REVIEWS:
        raise NotEnoughData(
            f"{len(usable)} reviews have both words and stars; import {FEWEST_REVIEWS} to learn stars from words"
        )
    return np.sort(np.random.default_rng(seed).permutation(usable)[: config.most_reviews])


def _levels(stars: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Return the levels that occur, and the number of the level of each review."""
    levels, level = np.unique(stars.astype(np.float32), return_inverse=True)
    if len(levels) > MOST_LEVELS:
        even = np.linspace(levels[0], levels[-1], MOST_LEVELS, dtype=np.float32)
        nearest = np.abs(levels[:, None] - even).argmin(axis=1)
        used, level = np.unique(nearest[level], return_inverse=True)
        levels = even[used]
    if len(levels) == 1:
        raise NotEnoughData(f"all {len(stars)} reviews give {levels[0]:g} stars; there is nothing to tell apart")
    return levels, level


def _steps(
    vectors: csr_array, level: NDArray[np.intp], regularization: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Learn a classifier of what is above each level but the last; return weights and intercepts."""
    # Serving never imports it.
    from sklearn.linear_model import LogisticRegression

    # Of the solvers, only this one takes seconds. It reads 32-bit indices alone, and draws the order of reviews: always
    # the same.
    learner = LogisticRegression(
        C=1 / regularization, solver="liblinear", dual=True, tol=0.1, max_iter=1000, random_state=0
    )
    short = csr_array((vectors.data, vectors.indices.astype(np.int32), vectors.indptr.astype(np.int32)), vectors.shape)
    weights, intercepts = [], []
    for step in range(int(level.max())):
        learner.fit(short, level > step)
        weights.append(learner.coef_[0])
        intercepts.append(learner.intercept_[0])
    return np.stack(weights, axis=1).astype(np.float32), np.array(intercepts, np.float32)
