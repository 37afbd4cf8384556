"""Reviews of the simulated shop: sentences about aspects of an item; their tone follows the true satisfaction."""

from typing import Final

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from aisle.shop.columns import RATING, REVIEW_ID, REVIEWS, TEXT, TITLE
from aisle.shop.schemas import conform
from aisle.simulator.catalogue import ASPECTS, LEAF_DEPARTMENT, Catalogue
from aisle.simulator.lines import Lines
from aisle.simulator.vocabulary import ASPECT_SENTENCES, ASPECT_WORDS, DEPARTMENTS, REVIEW_OPENERS, REVIEW_TITLES

_WRITES: Final = 0.5
_UNSTARRED: Final = 0.08
_SECOND_SENTENCE: Final = 0.7
_WORDS: Final = 2
"""Words for each tone of an aspect."""

_NAMES: Final = tuple(ASPECT_WORDS)
_SENTENCES: Final = np.array(
    [
        [[[sentence.format(name, word) for sentence in ASPECT_SENTENCES] for word in words] for words in tones]
        for name, tones in ASPECT_WORDS.items()
    ]
)
"""Every sentence, (aspect names, tones, words, phrasings)."""
_DEPARTMENT_ASPECTS: Final = np.array(
    [[_NAMES.index(name) for name in department.aspects] for department in DEPARTMENTS]
)


def reviews_table(rng: Generator, catalogue: Catalogue, ratings: Lines, rows: pl.DataFrame, tag: str) -> pl.DataFrame:
    """Return the reviews that some raters write, with the columns of `shop.columns.REVIEWS`.

    Parameters
    ----------
    ratings
        The rating lines of one block.
    rows
        The same lines as a table of `tables.named`.
    tag
        A name of this block of this simulation, for the review ids.
    """
    written = np.flatnonzero(rng.random(len(ratings)) < _WRITES)
    lines = ratings.take(written)
    size = len(lines)
    mood = np.digitize(lines.rating, [2.5, 3.5])
    first, second = _aspect_sentences(rng, catalogue, lines)
    texts = pl.DataFrame(
        {
            TITLE: np.array(REVIEW_TITLES)[mood, rng.integers(0, len(REVIEW_TITLES[0]), size)],
            "opener": np.array(REVIEW_OPENERS)[mood, rng.integers(0, len(REVIEW_OPENERS[0]), size)],
            "first": first,
            "second": second,
            "brief": rng.random(size) > _SECOND_SENTENCE,
            "unstarred": rng.random(size) < _UNSTARRED,
        }
    )
    text = pl.when("brief").then(pl.concat_str("opener", "first", separator=" "))
    reviews = pl.concat([rows[written], texts], how="horizontal")
    reviews = reviews.with_columns(
        (f"sim-review-{tag}-" + pl.int_range(pl.len()).cast(pl.String)).alias(REVIEW_ID),
        text.otherwise(pl.concat_str("opener", "first", "second", separator=" ")).alias(TEXT),
        pl.when(~pl.col("unstarred")).then(RATING).alias(RATING),
    )
    return conform(reviews, REVIEWS)


def _aspect_sentences(rng: Generator, catalogue: Catalogue, lines: Lines) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """Return two sentences for each review: about the aspect with the strongest opinion, and about another one."""
    size = len(lines)
    opinion = 0.7 * catalogue.aspects[lines.item] + 3.5 * (lines.satisfaction[:, None] - 0.62)
    opinion += rng.normal(0, 0.4, (size, ASPECTS))
    strongest = np.abs(opinion).argmax(axis=1)
    other = (strongest + rng.integers(1, ASPECTS, size)) % ASPECTS
    return _sentences(rng, catalogue, lines, opinion, strongest), _sentences(rng, catalogue, lines, opinion, other)


def _sentences(
    rng: Generator, catalogue: Catalogue, lines: Lines, opinion: NDArray[np.floating], aspect: NDArray[np.int64]
) -> NDArray[np.str_]:
    size = len(lines)
    name = _DEPARTMENT_ASPECTS[LEAF_DEPARTMENT[catalogue.leaf[lines.item]], aspect]
    tone = np.digitize(opinion[np.arange(size), aspect], [-0.5, 0.4])
    sentences: NDArray[np.str_] = _SENTENCES[
        name, tone, rng.integers(0, _WORDS, size), rng.integers(0, len(ASPECT_SENTENCES), size)
    ]
    return sentences
