"""Aspects of items: phrases that reviewers repeat, and whether they go with more or fewer stars.

No list of words and no language is built in. A phrase is an aspect of an item if its words belong together, if the
reviews that hold it give other stars than most, and if the item's reviews hold it more often than their stars let one
expect: "disappointed" comes with any item of few stars and describes none, "zipper" only with some.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.prepare.ngrams import numbered, words
from aisle.shop.columns import ITEM_ID, RATING, TEXT, TITLE

ASPECT: Final = "aspect"
POLARITY: Final = "polarity"
MENTIONS: Final = "mentions"

SCHEMA: Final = pl.Schema({ITEM_ID: pl.String, ASPECT: pl.String, POLARITY: pl.Float32, MENTIONS: pl.Int32})
"""The columns of a table of aspects."""

LONGEST: Final = 3
"""The most words of a phrase."""
FEWEST: Final = 3
"""The fewest reviews of an item that hold a phrase: one person's opinion is no aspect."""
MOST: Final = 10
"""The most aspects of an item; the most significant are kept."""
FEWEST_TO_QUOTE: Final = 5
"""The fewest reviews of an item that hold a phrase which a shelf quotes."""

_REVIEW: Final = "review"
_LIKING: Final = "liking"
_OVERALL: Final = "overall"
_EXPECTED: Final = "expected"
_LIFT: Final = "lift"

_TOGETHER: Final = 0.35
"""The least normalised pointwise mutual information of the words of a phrase: they meet more often than by chance."""
_SIGNIFICANT: Final = 3.0
"""The least difference, in standard errors, of a phrase's stars from those of all reviews."""
_SURPLUS: Final = 2.0
"""The least surplus, in standard errors, of an item's reviews with a phrase over those expected."""
_BEYOND_WORD: Final = 1.5
"""A phrase's stars must differ from the usual ones so many times as much as those of a common word in it."""
_CLEAR: Final = 0.2
"""The least polarity of an aspect, either way."""
_PRIOR: Final = 5.0
"""A phrase's stars in all reviews count as much as this many reviews of the item."""


class _Phrases(NamedTuple):
    """Phrases of one length, and their places among the words of all texts put one after the other."""

    names: list[str]
    at: NDArray[np.int64]
    """The phrase that begins at each word, or -1, (words,)."""
    counts: NDArray[np.int64]
    """How often each phrase occurs, (phrases,)."""
    together: NDArray[np.bool_]
    """Whether its words belong together, (phrases,)."""


def aspects(reviews: pl.DataFrame) -> pl.DataFrame:
    """Return the aspects of each item.

    Parameters
    ----------
    reviews
        Columns of `shop.columns.REVIEWS`: at least `item_id`, `rating`, `title` and `text`. Those without an item,
        stars or words are skipped. Of predicted stars take the median, as the stars must be ones that shoppers can
        give.

    Returns
    -------
    pl.DataFrame
        Columns of `SCHEMA`: `polarity` is from -1, fewer stars than the shop's average, to 1; `mentions` is the number
        of the item's reviews that hold the phrase. By item, the most significant first; none for an item that is like
        all others, nor in a shop whose reviews all give the same stars.
    """
    whole = pl.concat_str(pl.col(TITLE, TEXT).fill_null(""), separator="\n").alias(TEXT)
    rated = reviews.select(ITEM_ID, pl.col(RATING).cast(pl.Float64), whole)
    rated = rated.filter(pl.col(ITEM_ID).is_not_null() & pl.col(RATING).is_finite())
    if rated[RATING].n_unique() < 2:
        return SCHEMA.to_frame()
    names, mentions = _mentions([words(text) for text in rated[TEXT]])
    stars = rated.select(ITEM_ID, RATING).with_row_index(_REVIEW).cast({_REVIEW: pl.Int64})
    of_items = _of_items(mentions, stars, names)
    phrases = pl.Series(names, dtype=pl.String).gather(of_items[ASPECT])
    return _distinct(of_items.with_columns(phrases.alias(ASPECT))).select(SCHEMA.names()).cast(SCHEMA)


def highlights(aspects: pl.DataFrame) -> pl.DataFrame:
    """Return, of the aspects of each item, the most significant one that enough reviewers praise.

    Returns
    -------
    pl.DataFrame
        `item_id` and `aspect`, a row for each item that is praised.
    """
    quoted = aspects.filter(pl.col(POLARITY) > 0, pl.col(MENTIONS) >= FEWEST_TO_QUOTE)
    return quoted.unique(ITEM_ID, keep="first", maintain_order=True).select(ITEM_ID, ASPECT)


def _mentions(texts: list[list[str]]) -> tuple[list[str], pl.DataFrame]:
    """Return the phrases whose words belong together, and which review holds which, by their numbers."""
    review, word, vocabulary = numbered(texts)
    names: list[str] = []
    mentions = []
    for phrases in _of_each_length(review.astype(np.int64), word.astype(np.int64), vocabulary):
        kept = np.flatnonzero(phrases.at >= 0)
        kept = kept[phrases.together[phrases.at[kept]]]
        mentions.append(pl.DataFrame({_REVIEW: review[kept], ASPECT: phrases.at[kept] + len(names)}).unique())
        names += phrases.names
    return names, pl.concat(mentions).cast(pl.Int64)


def _of_each_length(review: NDArray[np.int64], word: NDArray[np.int64], vocabulary: list[str]) -> Iterator[_Phrases]:
    """Yield the words that at least `FEWEST` reviews hold, then the phrases of two, …; none crosses punctuation."""
    in_words = np.array([entry[0].isalnum() for entry in vocabulary], np.bool_)
    kept, at = _frequent(np.where(in_words[word], word, -1), review)
    single = _Phrases(
        [vocabulary[number] for number in kept], at, np.bincount(at[at >= 0]), np.ones(len(kept), np.bool_)
    )
    yield single
    phrases = single
    for length in range(2, LONGEST + 1):
        last = np.full(len(word), -1)
        same = np.flatnonzero(review[length - 1 :] == review[: len(word) - length + 1])
        last[same] = single.at[same + length - 1]
        key = np.where((phrases.at >= 0) & (last >= 0), phrases.at * len(single.names) + last, -1)
        phrases = _joined(phrases, single, *_frequent(key, review))
        yield phrases


def _joined(left: _Phrases, right: _Phrases, keys: NDArray[np.int64], at: NDArray[np.int64]) -> _Phrases:
    """Return the phrases of the given keys: each is one of `left` with one of `right` after it."""
    first, last = np.divmod(keys, max(len(right.names), 1))
    names = [f"{left.names[a]} {right.names[b]}" for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    counts = np.bincount(at[at >= 0], minlength=len(keys))
    by_chance = left.counts[first] * right.counts[last] / len(at)
    together = np.log(counts / by_chance) > _TOGETHER * np.log(len(at) / counts)
    return _Phrases(names, at, counts, together & left.together[first])


def _frequent(key: NDArray[np.int64], review: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the keys that at least `FEWEST` reviews hold, in order, and the place of each word's key, or -1."""
    table = pl.DataFrame({_REVIEW: review, ASPECT: key}).filter(pl.col(ASPECT) >= 0)
    holders = table.group_by(ASPECT).agg(pl.col(_REVIEW).n_unique()).filter(pl.col(_REVIEW) >= FEWEST)
    kept = holders[ASPECT].sort().to_numpy()
    place = np.searchsorted(kept, key)
    known = kept[np.minimum(place, len(kept) - 1)] == key if len(kept) else np.zeros(len(key), np.bool_)
    return kept, np.where(known, place, -1)


def _of_items(mentions: pl.DataFrame, reviews: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Return the significant phrases of each item that has them more often than expected, with their polarity."""
    stars, liking = pl.col(RATING), pl.col(_LIKING)
    reviews = reviews.with_columns(((stars - stars.min()) / (stars.max() - stars.min())).alias(_LIKING))
    usual = float(reviews[_LIKING].to_numpy().mean())
    rated = mentions.join(reviews, on=_REVIEW)
    of_items = rated.group_by(ITEM_ID, ASPECT).agg(liking.sum(), pl.len().alias(MENTIONS))
    significant = _significant(rated, reviews[_LIKING].to_numpy(), names)
    candidates = of_items.filter(pl.col(MENTIONS) >= FEWEST).join(significant, on=ASPECT)
    candidates = candidates.join(_expected(candidates, rated, reviews), on=(ITEM_ID, ASPECT))
    share = (liking + _PRIOR * pl.col(_OVERALL)) / (pl.col(MENTIONS) + _PRIOR)
    odds_ratio = share / (1 - share) * (1 - usual) / usual
    polarity, surplus = (odds_ratio - 1) / (odds_ratio + 1), pl.col(MENTIONS) - pl.col(_EXPECTED)
    # Threads add in no fixed order; values that differ only in their last digits must be ties.
    lift = (surplus / pl.col(_EXPECTED).sqrt()).round(6)
    return candidates.select(ITEM_ID, ASPECT, MENTIONS, polarity.alias(POLARITY), lift.alias(_LIFT)).filter(
        pl.col(_LIFT) >= _SURPLUS, pl.col(POLARITY).abs() >= _CLEAR
    )


def _significant(rated: pl.DataFrame, liking: NDArray[np.float64], names: list[str]) -> pl.DataFrame:
    """Return the phrases whose stars differ from the usual ones, and not because of a common word ("I love it")."""
    usual = float(liking.mean())
    effect = (pl.col(_LIKING).mean() - usual).alias("effect")
    overall = (pl.col(_LIKING).sum() + _PRIOR * usual) / (pl.len() + _PRIOR)
    phrases = rated.group_by(ASPECT).agg(effect, overall.alias(_OVERALL), pl.len().alias("held"))
    differing = phrases.filter(pl.col("effect").abs() * pl.col("held").sqrt() >= _SIGNIFICANT * float(liking.std()))
    words_of = differing.with_columns(
        pl.Series(names, dtype=pl.String).gather(differing[ASPECT]).str.split(" ").alias("word")
    )
    numbers = pl.DataFrame({"word": names, "number": range(len(names))}, {"word": pl.String, "number": pl.Int64})
    by_word = (
        words_of.explode("word")
        .join(numbers, on="word")
        .join(phrases, left_on="number", right_on=ASPECT, suffix="_of_word")
    )
    because_of_word = by_word.filter(
        pl.col("held_of_word") >= 2 * pl.col("held"),
        pl.col("effect_of_word") * pl.col("effect").sign() * _BEYOND_WORD >= pl.col("effect").abs(),
    )
    return differing.join(because_of_word, on=ASPECT, how="anti").select(ASPECT, _OVERALL)


def _expected(candidates: pl.DataFrame, rated: pl.DataFrame, reviews: pl.DataFrame) -> pl.DataFrame:
    """Return how many of an item's reviews would hold a phrase if all reviews with as many stars held it alike."""
    by_stars = reviews.group_by(RATING).agg(pl.len().alias("reviews"))
    rates = (
        rated.group_by(ASPECT, RATING)
        .agg(pl.len().alias("held"))
        .join(by_stars, on=RATING)
        .select(ASPECT, RATING, (pl.col("held") / pl.col("reviews")).alias("rate"))
    )
    of_items = reviews.group_by(ITEM_ID, RATING).agg(pl.len().alias("reviews"))
    expected = candidates.select(ITEM_ID, ASPECT).join(of_items, on=ITEM_ID).join(rates, on=(ASPECT, RATING))
    return expected.group_by(ITEM_ID, ASPECT).agg((pl.col("reviews") * pl.col("rate")).sum().alias(_EXPECTED))


def _distinct(of_items: pl.DataFrame) -> pl.DataFrame:
    """Keep the most significant phrases of each item; of two that overlap, the more significant, or else the longer."""
    kept: dict[str, list[str]] = {}
    longer = pl.col(ASPECT).str.len_chars()
    ordered = of_items.sort(ITEM_ID, _LIFT, longer, ASPECT, descending=(False, True, True, False))
    new = [_keep(kept.setdefault(item, []), phrase) for item, phrase in ordered.select(ITEM_ID, ASPECT).rows()]
    return ordered.filter(pl.Series(new, dtype=pl.Boolean))


def _keep(kept: list[str], phrase: str) -> bool:
    """Add a phrase to those of its item, unless it overlaps with one of them, or the item has enough."""
    new = len(kept) < MOST and not any(f" {old} " in f" {phrase} " or f" {phrase} " in f" {old} " for old in kept)
    if new:
        kept.append(phrase)
    return new
