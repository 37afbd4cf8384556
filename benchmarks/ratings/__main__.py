"""RMSE and MAE of predicted stars, means over published folds, beside Surprise in the same run.

    python -m benchmarks.ratings FOLDER [--json FILE] [--models svd,knn_means,…,tuned]

FOLDER holds `u1.base`, `u1.test`, `u2.base`, …, each line `user item rating timestamp`. Models have their default
settings, beside Surprise's of the same definition with as many factors, epochs and neighbours, fold by fold in turn.
`tuned` chooses settings and learns a blend on parts of each fold's training ratings, never on the test: `selected`
marks the row with the least error there. `fit_s` and `predict_s` are seconds per fold; the `fit_s` of a tuned model
excludes the choice of its settings, that of the blend includes everything.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.data.folds import Fold, read_folds
from benchmarks.ratings.plain import PLAIN, plain_rows
from benchmarks.ratings.tuned import tuned_rows
from benchmarks.shared.rows import Row, finish, names_of, options, say

MODELS: Final[dict[str, Callable[[list[Fold]], Iterator[Row]]]] = {
    **{name: partial(plain_rows, name) for name in PLAIN},
    "tuned": tuned_rows,
}
"""What can be measured, by name."""


def main() -> None:
    """Measure every model."""
    parser = options("ratings", __doc__)
    parser.add_argument("folder", type=Path, help="holds u1.base, u1.test, u2.base, …")
    parser.add_argument("--models", type=names_of(MODELS), default=tuple(MODELS), help=f"any of {','.join(MODELS)}")
    arguments = parser.parse_args()
    folds = read_folds(arguments.folder)
    say(f"{len(folds)} folds, {folds[0].users} users, {folds[0].items} items, {len(folds[0].train)} ratings")
    finish([row for name in arguments.models for row in MODELS[name](folds)], arguments.json)


if __name__ == "__main__":
    main()
