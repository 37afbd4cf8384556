"""A blend of rating models, learnt from what they predict for ratings that they had not seen.

It is feature-weighted linear stacking (Sill, Takács, Mackey and Lin, 2009): the weight of each model is a linear
function of how many ratings the user and the item have.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from benchmarks.data.folds import Fold
from benchmarks.ratings.models import Stars

RIDGE: Final = 10.0


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
        """Learn from predictions for ratings that models had not seen, (models, ratings) for each part."""
        x = np.vstack([_features(stars, part) for stars, part in zip(unseen, parts, strict=True)])
        y = np.concatenate([part.test.stars - part.train.stars.mean() for part in parts])
        return cls(np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ y))

    def predict(self, stars: Stars, fold: Fold) -> Stars:
        """Return the blend of what models predict for a fold's test ratings, (models, ratings)."""
        blended: Stars = _features(stars, fold) @ self.weights + fold.train.stars.mean()
        return np.clip(blended, fold.train.stars.min(), fold.train.stars.max())


def _features(stars: Stars, fold: Fold) -> Stars:
    """Return what the blend is linear in, (ratings, features): stars and 1, alone and times the logs of counts."""
    by_user = np.bincount(fold.train.user, minlength=fold.users)[fold.test.user]
    by_item = np.bincount(fold.train.item, minlength=fold.items)[fold.test.item]
    base = np.vstack((stars - fold.train.stars.mean(), np.ones(stars.shape[1])))
    features: Stars = np.vstack((base, base * np.log1p(by_user), base * np.log1p(by_item))).T
    return features
