"""Rating models tuned on parts of the training ratings, and their blend."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from aisle.metrics.ratings import rmse
from benchmarks.data.folds import Fold
from benchmarks.ratings.models import SEED, Measured, Stars, fit_and_predict
from benchmarks.ratings.stacking import Stacked
from benchmarks.shared.rows import Row

PARTS: Final = 4
"""The training ratings have so many parts; each is predicted by models that learnt from the others."""

_LONG: Final = {"epochs": 100, "learning_rate": 0.005, "regularization": 0.12, "deviation": 0.05}
_SHORT: Final = {"epochs": 60, "learning_rate": 0.007, "regularization": 0.1, "deviation": 0.05}
_LOOSE: Final = {"epochs": 60, "learning_rate": 0.005, "regularization": 0.08, "deviation": 0.1}
_NEAR: Final = {
    "similarity": "pearson_baseline",
    "baseline": {"user_regularization": 3.0, "item_regularization": 3.0},
}

GRIDS: Final[dict[str, tuple[str, tuple[dict[str, Any], ...]]]] = {
    "svd tuned": ("svd", ({"factors": 200, **_LONG}, {"factors": 100, **_SHORT})),
    "svdpp tuned": ("svdpp", ({"factors": 200, **_LONG}, {"factors": 100, **_SHORT})),
    "svdpp small": ("svdpp", ({"factors": 20}, {"factors": 50, **_LOOSE})),
    "als_wr tuned": ("als_wr", ({"factors": 40, "regularization": 0.12}, {"factors": 40, "regularization": 0.14})),
    "knn_baseline items": ("knn_baseline", ({"by": "item", "k": 40, **_NEAR}, {"by": "item", "k": 60, **_NEAR})),
    "knn_baseline users": ("knn_baseline", ({"by": "user", "k": 60, **_NEAR}, {"by": "user", "k": 100, **_NEAR})),
    "knn_means items": ("knn_means", ({"by": "item", "k": 40}, {"by": "item", "k": 80})),
    "baseline tuned": ("baseline", ({}, {"user_regularization": 5.0, "item_regularization": 5.0})),
}
"""What is tuned, by the name of its row: the model, and the settings to choose from."""


@dataclass(frozen=True, eq=False)
class Tuned:
    """A model whose settings were chosen on training ratings that it had not seen.

    Attributes
    ----------
    name
        The name of the model.
    settings
        The chosen settings.
    unseen
        Stars for each part of the training ratings, by the model that learnt from the others.
    """

    name: str
    settings: dict[str, Any]
    unseen: list[Stars]

    @classmethod
    def choose(cls, name: str, grid: tuple[dict[str, Any], ...], parts: list[Fold]) -> Self:
        """Choose the settings with the least error on the first part, and predict the others with them."""
        first = [fit_and_predict(name, settings, parts[0])[0] for settings in grid]
        best = int(np.argmin([rmse(stars, parts[0].test.stars) for stars in first]))
        others = [fit_and_predict(name, grid[best], part)[0] for part in parts[1:]]
        return cls(name, grid[best], [first[best], *others])


def tuned_rows(folds: list[Fold]) -> Iterator[Row]:
    """Yield the rows of tuned models and of their blend; the one with the least validation error is marked."""
    measured = {label: Measured() for label in (*GRIDS, "blend")}
    validation: dict[str, list[float]] = {label: [] for label in measured}
    for fold in folds:
        start = time.perf_counter()
        parts = [fold.part(number, PARTS, SEED) for number in range(PARTS)]
        tuned = {label: Tuned.choose(name, grid, parts) for label, (name, grid) in GRIDS.items()}
        unseen = [np.array(stars) for stars in zip(*(model.unseen for model in tuned.values()), strict=True)]
        blend, partial = Stacked.learn(unseen, parts), Stacked.learn(unseen[:-1], parts[:-1])
        for label, model in tuned.items():
            validation[label].append(rmse(model.unseen[-1], parts[-1].test.stars))
        validation["blend"].append(rmse(partial.predict(unseen[-1], parts[-1]), parts[-1].test.stars))
        predictions = {label: fit_and_predict(model.name, model.settings, fold) for label, model in tuned.items()}
        for label, prediction in predictions.items():
            measured[label].add(fold, *prediction)
        stars = np.array([prediction[0] for prediction in predictions.values()])
        predict_s = sum(prediction[2] for prediction in predictions.values())
        measured["blend"].add(fold, blend.predict(stars, fold), time.perf_counter() - start - predict_s, predict_s)
    means = {label: statistics.mean(errors) for label, errors in validation.items()}
    best = min(means, key=means.__getitem__)
    for label, figures in measured.items():
        yield figures.row(label, {}) | {"selected": label == best, "validation_rmse": means[label]}
