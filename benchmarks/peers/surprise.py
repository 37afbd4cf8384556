"""Models of the library Surprise, which predict ratings."""

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.folds import Fold
from benchmarks.shared.rows import timed


def predict(algorithm: str, settings: Mapping[str, Any], fold: Fold) -> tuple[NDArray[np.float64], float, float]:
    """Return the predictions of a model, and its seconds to fit and to predict.

    Surprise first turns ratings into a training set of its own, which is not counted.
    """
    surprise: Any = importlib.import_module("surprise")
    train, test = (
        list(zip(part.user.tolist(), part.item.tolist(), part.stars.tolist(), strict=True))
        for part in (fold.train, fold.test)
    )
    scale = float(fold.train.stars.min()), float(fold.train.stars.max())
    dataset = surprise.Dataset(surprise.Reader(rating_scale=scale))
    trainset = dataset.construct_trainset([(*rating, None) for rating in train])
    model = getattr(surprise, algorithm)(**settings)
    _, fit_s = timed(lambda: model.fit(trainset))
    predictions, predict_s = timed(lambda: model.test(test))
    return np.array([prediction.est for prediction in predictions]), fit_s, predict_s
