"""Rating models that are fitted on folds, and what is measured of them fold by fold."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aisle.metrics.ratings import mae, rmse
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.catalog import by_name
from benchmarks.data.folds import Fold
from benchmarks.shared.rows import Row, say, timed
from benchmarks.shared.settings import described

SEED: Final = 0

Stars = NDArray[np.float64]


def fit_and_predict(name: str, settings: Mapping[str, Any], fold: Fold) -> tuple[Stars, float, float]:
    """Return what a model predicts for a fold's test, before it is held within the scale; the seconds of both steps."""
    data, model = fold.interactions(), by_name(name)
    recommender = model(model.config_type.parse(settings))
    assert isinstance(recommender, PredictsRatings)
    _, fit_s = timed(lambda: recommender.fit(data, seed=SEED))
    stars, predict_s = timed(lambda: recommender.predict(fold.test.user, fold.test.item).astype(np.float64))
    return stars, fit_s, predict_s


@dataclass
class Measured:
    """The errors and seconds of one model, fold by fold."""

    rmse: list[float] = field(default_factory=list)
    mae: list[float] = field(default_factory=list)
    fit_s: list[float] = field(default_factory=list)
    predict_s: list[float] = field(default_factory=list)

    def add(self, fold: Fold, stars: Stars, fit_s: float, predict_s: float) -> None:
        """Add the predictions for a fold's test."""
        self.rmse.append(rmse(stars, fold.test.stars))
        self.mae.append(mae(stars, fold.test.stars))
        self.fit_s.append(fit_s)
        self.predict_s.append(predict_s)

    def row(self, model: str, settings: Mapping[str, Any]) -> Row:
        """Return the means over folds."""
        means = {name: statistics.mean(values) for name, values in vars(self).items()}
        say(f"{model}: RMSE {means['rmse']:.4f}, {means['fit_s']:.3f} + {means['predict_s']:.3f} s a fold")
        return {"model": model, "selected": False, **means, "settings": described(settings)}

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Fit and predict together, (folds,)."""
        return np.add(self.fit_s, self.predict_s)
