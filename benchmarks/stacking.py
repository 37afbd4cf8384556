"""Rating models tuned and blended on parts of the training ratings that they did not see.

The blend is feature-weighted linear stacking (Sill, Takács, Mackey and Lin, 2009): the weight of each model is a linear
function of how many ratings the user and the item have.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from aisle.metrics.ratings import rmse
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Recommender
from aisle.recommenders.catalog import by_name
from benchmarks.folds import Fold

PARTS: Final = 4
"""The training ratings are cut into so many parts, each predicted by models that have learnt the others."""
SEED: Final = 0
RIDGE: Final = 10.0

Stars = NDArray[np.float64]

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
"""What is tuned, by the name of its row: the model and the settings to choose from."""


def make(name: str, settings: dict[str, Any]) -> Recommender[Any]:
    """Return a model that was not fitted."""
    model = by_name(name)
    return model(model.config_type.parse(settings))


def predict(model: Recommender[Any], fold: Fold) -> Stars:
    """Return what a fitted model predicts for a fold's test ratings, before it is held within the scale."""
    assert isinstance(model, PredictsRatings)
    return model.predict(fold.test.user, fold.test.item).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Tuned:
    """A model whose settings were chosen on training ratings that it did not see.

    Attributes
    ----------
    name
        Of the model.
    settings
        What was chosen.
    unseen
        Stars for each part of the training ratings, by the model that learnt the others.
    """

    name: str
    settings: dict[str, Any]
    unseen: list[Stars]

    @classmethod
    def choose(cls, name: str, grid: tuple[dict[str, Any], ...], parts: list[Fold]) -> Self:
        """Choose the settings with the least error on the first part, and predict the others with them."""
        tried = [fit_and_predict(name, settings, parts[0]) for settings in grid]
        best = int(np.argmin([rmse(stars, parts[0].test.stars) for stars in tried]))
        others = [fit_and_predict(name, grid[best], part) for part in parts[1:]]
        return cls(name, grid[best], [tried[best], *others])


@dataclass(frozen=True, eq=False)
class Stacked:
    """A blend of models.

    Attributes
    ----------
    weights
        What each feature adds to the stars, (features,).
    """

    weights: Stars

    @classmethod
    def learn(cls, unseen: list[Stars], parts: list[Fold]) -> Self:
        """Learn from what models predict for ratings that they did not see, (models, ratings) for each part."""
        x = np.vstack([_features(stars, part) for stars, part in zip(unseen, parts, strict=True)])
        y = np.concatenate([part.test.stars - part.train.stars.mean() for part in parts])
        return cls(np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ y))

    def predict(self, stars: Stars, fold: Fold) -> Stars:
        """Return the blend of what models predict for a fold's test ratings, (models, ratings)."""
        blended: Stars = _features(stars, fold) @ self.weights + fold.train.stars.mean()
        return np.clip(blended, fold.train.stars.min(), fold.train.stars.max())


def fit_and_predict(name: str, settings: dict[str, Any], fold: Fold) -> Stars:
    """Fit on the training ratings of a fold and predict its test ratings."""
    return predict(make(name, settings).fit(fold.interactions(), seed=SEED), fold)


def cut(fold: Fold) -> list[Fold]:
    """Cut the training ratings of a fold into parts, each to be predicted from the others."""
    return [fold.leave_last(PARTS, part, SEED) for part in range(PARTS)]


def _features(stars: Stars, fold: Fold) -> Stars:
    """Return what the blend is linear in, (ratings, features): stars and 1, alone and times the logs of counts."""
    by_user = np.bincount(fold.train.user, minlength=fold.users)[fold.test.user]
    by_item = np.bincount(fold.train.item, minlength=fold.items)[fold.test.item]
    base = np.vstack((stars - fold.train.stars.mean(), np.ones(stars.shape[1])))
    features: Stars = np.vstack((base, base * np.log1p(by_user), base * np.log1p(by_item))).T
    return features
