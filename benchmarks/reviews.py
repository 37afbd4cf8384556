"""Stars from the words of reviews: error and rank correlation, on reviews of other items.

    python -m benchmarks.reviews FOLDER … [--json FILE] [--examples]

A FOLDER holds `reviews.csv` with titles, texts, ratings and clothing ids, or Olist's tables. Reviews with words are
split into 5 folds by item, in Olist by order, as its reviews are of orders; each fold is predicted by a model of the
others, whose `regularization` is chosen on one fifth of its training reviews, never on the test. Figures are over all
predictions together: `mae` and `spearman` of the median, `spearman_mean` of the mean. `always` predicts the median of
all training stars. `fit_s` excludes the choice of settings, `predict_s` is the time for 20,000 reviews. `--examples`
shows the aspects of a few items.
"""

import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.evaluation.review_stars import chosen, item_folds
from aisle.metrics.ratings import mae, spearman
from aisle.prepare.aspects import aspects
from aisle.recommenders.content.review_stars import ReviewStars, ReviewStarsConfig, ReviewTexts
from aisle.shop.columns import ITEM_ID, RATING, TEXT, TITLE
from benchmarks.shared.rows import Row, aligned, finish, options, say, timed

FOLDS: Final = 5
GRID: Final = (0.25, 0.5, 1.0)
"""The regularization to choose from."""
SEED: Final = 0
EXAMPLES: Final = 5
"""How many items `--examples` shows, those with the most reviews, and how many aspects of each."""


class Starred(NamedTuple):
    """Reviews with words and stars."""

    texts: ReviewTexts
    stars: NDArray[np.float64]
    item: NDArray[np.int64]

    @classmethod
    def of(cls, table: pl.DataFrame) -> "Starred":
        """Read a table with the columns of `shop.columns.REVIEWS`."""
        texts = ReviewTexts(table[TITLE].to_list(), table[TEXT].to_list())
        item = np.unique(table[ITEM_ID].to_numpy(), return_inverse=True)[1]
        return cls(texts, table[RATING].cast(pl.Float64).to_numpy(), item)

    def take(self, rows: NDArray[np.intp]) -> "Starred":
        """Return some of the reviews."""
        return Starred(chosen(self.texts, rows), self.stars[rows], self.item[rows])


def main() -> None:
    """Measure each folder."""
    parser = options("reviews", __doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="each holds reviews.csv or Olist's tables")
    parser.add_argument("--examples", action="store_true", help="show aspects of a few items")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for folder in arguments.folders:
        table = read(folder)
        rows += measure(folder.resolve().name, Starred.of(table))
        if arguments.examples:
            say(aligned(examples(table)))
    finish(rows, arguments.json)


def read(folder: Path) -> pl.DataFrame:
    """Return the reviews of a folder that have words and stars, in the columns of `shop.columns.REVIEWS`."""
    for file, reader in _READERS.items():
        if (folder / file).is_file():
            table = reader(pl.read_csv(folder / file))
            words = pl.concat_str(pl.col(TITLE, TEXT).fill_null("").str.strip_chars())
            return table.filter((words != "") & pl.col(RATING).is_not_null())
    sys.exit(f"{folder}: no reviews; name a folder with {' or '.join(_READERS)}")


def _read_clothing(table: pl.DataFrame) -> pl.DataFrame:
    return table.select(
        pl.col("Clothing ID").cast(pl.String).alias(ITEM_ID),
        pl.col("Title").alias(TITLE),
        pl.col("Review Text").alias(TEXT),
        pl.col("Rating").alias(RATING),
    )


def _read_olist(table: pl.DataFrame) -> pl.DataFrame:
    return table.select(
        pl.col("order_id").alias(ITEM_ID),
        pl.col("review_comment_title").alias(TITLE),
        pl.col("review_comment_message").alias(TEXT),
        pl.col("review_score").alias(RATING),
    )


def measure(data: str, reviews: Starred) -> list[Row]:
    """Predict every fold by a model of the others; return the row of the model and that of the baseline."""
    median, mean, always = (np.empty(len(reviews.stars)) for _ in range(3))
    settings, fit_s, predict_s = [], [], []
    for rest, held_out in item_folds(reviews.item, FOLDS, SEED):
        train, test = reviews.take(rest), reviews.take(held_out)
        config = choose(train)
        model, seconds = timed(partial(_fit, config, train))
        predicted, predict_seconds = timed(partial(model.predict, test.texts))
        settings.append(config.regularization)
        fit_s.append(seconds)
        predict_s.append(predict_seconds * 20_000 / len(held_out))
        baseline = np.median(train.stars)
        always[held_out] = baseline
        # A review that the model cannot read gets the baseline's stars.
        median[held_out] = np.nan_to_num(predicted.median, nan=baseline)
        mean[held_out] = np.nan_to_num(predicted.mean, nan=baseline)
        say(f"{data}: fold of {len(held_out)}, MAE {mae(predicted.median, test.stars):.4f}")
    return [
        {"data": data, "model": "always", "reviews": len(always), "mae": mae(always, reviews.stars)},
        {
            "data": data,
            "model": "review_stars",
            "reviews": len(median),
            "mae": mae(median, reviews.stars),
            "spearman": spearman(median, reviews.stars),
            "spearman_mean": spearman(mean, reviews.stars),
            "fit_s": statistics.mean(fit_s),
            "predict_s": statistics.mean(predict_s),
            "settings": f"regularization={'/'.join(f'{value:g}' for value in settings)}",
        },
    ]


def choose(train: Starred) -> ReviewStarsConfig:
    """Return the settings with the least error on one fifth of the training items."""
    rest, held_out = next(item_folds(train.item, FOLDS, SEED + 1))
    part, unseen = train.take(rest), train.take(held_out)

    def error(config: ReviewStarsConfig) -> float:
        return mae(_fit(config, part).predict(unseen.texts).median, unseen.stars)

    return min((ReviewStarsConfig(regularization=value) for value in GRID), key=error)


def _fit(config: ReviewStarsConfig, reviews: Starred) -> ReviewStars:
    return ReviewStars(config).fit(reviews.texts, reviews.stars, seed=SEED)


def examples(table: pl.DataFrame) -> list[Row]:
    """Return the aspects of the items with the most reviews."""
    busiest = table.group_by(ITEM_ID).len().sort("len", ITEM_ID, descending=True)[ITEM_ID].head(EXAMPLES)
    found = aspects(table)
    tables = [found.filter(pl.col(ITEM_ID) == item).head(EXAMPLES) for item in busiest]
    return [row for part in tables for row in part.iter_rows(named=True)]


_READERS: Final[dict[str, Callable[[pl.DataFrame], pl.DataFrame]]] = {
    "reviews.csv": _read_clothing,
    "olist_order_reviews_dataset.csv": _read_olist,
}
"""How the file of each data set is read."""


if __name__ == "__main__":
    main()
