"""Stars from the words of reviews: error and order, on reviews of other items.

    python -m benchmarks.reviews FOLDER … [--json FILE] [--examples]

A FOLDER holds `reviews.csv` with titles, texts, ratings and clothing ids, or Olist's tables. Reviews with words are
dealt into 5 folds by item, in Olist by order, as its reviews are of orders; each fold is predicted by a model of the
others. For each, `regularization` is chosen anew on one fifth of what is learnt from, never on the test. Figures are
over all predictions together: `mae` and `spearman` of the median, `spearman_mean` of the mean. `always` says the median
of all stars learnt from. `fit_s` is a fit without the choice, `predict_s` the time for 20,000 reviews. `--examples`
shows what a few items are said to be like.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table

from aisle.evaluation.review_stars import chosen, item_folds
from aisle.metrics.ratings import mae, spearman
from aisle.prepare.aspects import aspects
from aisle.recommenders.content.review_stars import ReviewStars, ReviewStarsConfig, ReviewTexts
from aisle.shop.columns import ITEM_ID, RATING, TEXT, TITLE

FOLDS: Final = 5
GRID: Final = (0.25, 0.5, 1.0)
"""The regularization to choose from."""
SEED: Final = 0
EXAMPLES: Final = 5
"""How many items, those with the most reviews, are shown with `--examples`."""

Row = dict[str, str | float | bool]

console = Console(stderr=True)


class Starred(NamedTuple):
    """Reviews with words and stars."""

    texts: ReviewTexts
    stars: NDArray[np.float64]
    item: NDArray[np.int64]

    @classmethod
    def of(cls, table: pl.DataFrame) -> "Starred":
        """Take the columns of `shop.columns.REVIEWS`."""
        texts = ReviewTexts(table[TITLE].to_list(), table[TEXT].to_list())
        item = np.unique(table[ITEM_ID].to_numpy(), return_inverse=True)[1]
        return cls(texts, table[RATING].cast(pl.Float64).to_numpy(), item)

    def chosen(self, which: NDArray[np.intp]) -> "Starred":
        """Return some of them."""
        return Starred(chosen(self.texts, which), self.stars[which], self.item[which])


def main() -> None:
    """Measure each folder, print the table and write the file."""
    arguments = _arguments()
    rows = []
    for folder in arguments.folders:
        table = read(folder)
        rows += measure(folder.resolve().name, Starred.of(table))
        if arguments.examples:
            console.print(examples(table))
    Console().print(_table(rows))
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.encode({"rows": rows}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reviews", description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="each holds reviews.csv or Olist's tables")
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--examples", action="store_true", help="show aspects of a few items")
    return parser.parse_args()


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
        train, test = reviews.chosen(rest), reviews.chosen(held_out)
        config = choose(train)
        start = time.perf_counter()
        model = ReviewStars(config).fit(train.texts, train.stars, seed=SEED)
        fitted = time.perf_counter()
        predicted = model.predict(test.texts)
        seconds = time.perf_counter() - fitted
        settings.append(config.regularization)
        fit_s.append(fitted - start)
        predict_s.append(seconds * 20_000 / len(held_out))
        usual = np.median(train.stars)
        always[held_out] = usual
        # What the model cannot say counts as the baseline's answer.
        median[held_out], mean[held_out] = (np.nan_to_num(one, nan=usual) for one in (predicted.median, predicted.mean))
        console.print(f"{data}: fold of {len(held_out)}, MAE {mae(predicted.median, test.stars):.4f}", highlight=False)
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
            "settings": f"regularization={'/'.join(f'{one:g}' for one in settings)}",
        },
    ]


def choose(train: Starred) -> ReviewStarsConfig:
    """Return the settings with the least error on one fifth of the training items."""
    rest, held_out = next(item_folds(train.item, FOLDS, SEED + 1))
    part, unseen = train.chosen(rest), train.chosen(held_out)

    def error(config: ReviewStarsConfig) -> float:
        model = ReviewStars(config).fit(part.texts, part.stars, seed=SEED)
        return mae(model.predict(unseen.texts).median, unseen.stars)

    return min((ReviewStarsConfig(regularization=one) for one in GRID), key=error)


def examples(table: pl.DataFrame) -> Table:
    """Return a table of what the most reviewed items are said to be like."""
    shown = Table("item", "aspect", "polarity", "mentions", box=box.SIMPLE)
    busiest = table.group_by(ITEM_ID).len().sort("len", ITEM_ID, descending=True)[ITEM_ID].head(EXAMPLES)
    found = aspects(table)
    for item in busiest:
        for _, aspect, polarity, mentions in found.filter(pl.col(ITEM_ID) == item).head(EXAMPLES).iter_rows():
            shown.add_row(item, aspect, f"{polarity:+.2f}", str(mentions))
    return shown


def _table(rows: list[Row]) -> Table:
    table = Table(box=box.SIMPLE)
    for heading in ("data", "model"):
        table.add_column(heading, no_wrap=True)
    for heading in _FIGURES:
        table.add_column(heading, justify="right")
    for row in rows:
        shown = (f"{row[name]:{form}}" if name in row else "" for name, form in _FIGURES.values())
        table.add_row(str(row["data"]), str(row["model"]), *shown)
    return table


_FIGURES: Final = {
    "reviews": ("reviews", ".0f"),
    "MAE": ("mae", ".4f"),
    "Spearman": ("spearman", ".4f"),
    "of means": ("spearman_mean", ".4f"),
    "fit s": ("fit_s", ".1f"),
    "predict s": ("predict_s", ".1f"),
}
"""The table's headings, each with its place in a row and its format."""

_READERS: Final[dict[str, Callable[[pl.DataFrame], pl.DataFrame]]] = {
    "reviews.csv": _read_clothing,
    "olist_order_reviews_dataset.csv": _read_olist,
}
"""How the file of each data set is read."""


if __name__ == "__main__":
    main()
