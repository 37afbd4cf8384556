"""RMSE and MAE of predicted stars, means over published folds, beside Surprise in the same run.

    python -m benchmarks.ratings FOLDER [--json FILE] [--models svd,knn_means,…,tuned]

FOLDER holds `u1.base`, `u1.test`, `u2.base`, …, each line `user item rating timestamp`. Models run as they come, beside
Surprise's of the same definition as these come, with as many factors, epochs and neighbours, fold by fold in turn.
`tuned` chooses settings and learns a blend on parts of each fold's training ratings, never on the test: `selected`
marks the one row with the least error there. `fit_s` and `predict_s` are seconds per fold; `fit_s` of a tuned model
leaves out the choice, that of the blend holds everything.
"""

import argparse
import importlib
import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table

from aisle.metrics.ratings import mae, rmse
from benchmarks.folds import Fold, read_folds
from benchmarks.stacking import GRIDS, SEED, Stacked, Tuned, cut, make, predict

Row = dict[str, str | bool | float]
Settings = dict[str, Any]

console = Console(stderr=True)

_PEARSON: Final[Settings] = {"name": "pearson_baseline", "user_based": False}
PLAIN: Final[dict[str, tuple[Settings, str | None, Settings]]] = {
    "baseline": ({}, "BaselineOnly", {"verbose": False}),
    "svd": ({}, "SVD", {"random_state": SEED}),
    "svdpp": ({}, "SVDpp", {"random_state": SEED}),
    "knn_means": ({}, "KNNWithMeans", {"verbose": False}),
    "knn_baseline": (
        {"by": "item", "similarity": "pearson_baseline"},
        "KNNBaseline",
        {"sim_options": _PEARSON, "verbose": False},
    ),
    "als_wr": ({}, None, {}),
}
"""Our settings, Surprise's algorithm of the same definition, and its settings."""


@dataclass
class Measured:
    """What one model came to, fold by fold."""

    rmse: list[float] = field(default_factory=list)
    mae: list[float] = field(default_factory=list)
    fit_s: list[float] = field(default_factory=list)
    predict_s: list[float] = field(default_factory=list)

    def add(self, fold: Fold, stars: NDArray[np.floating], fit_s: float, predict_s: float) -> None:
        """Judge the predictions of a fold."""
        self.rmse.append(rmse(stars, fold.test.stars))
        self.mae.append(mae(stars, fold.test.stars))
        self.fit_s.append(fit_s)
        self.predict_s.append(predict_s)

    def row(self, model: str, settings: Settings) -> Row:
        """Return the means over folds."""
        row: Row = {"model": model, "selected": False}
        row |= {name: statistics.mean(values) for name, values in vars(self).items()}
        shown = f"{model}: RMSE {row['rmse']:.4f}, {row['fit_s']:.3f} + {row['predict_s']:.3f} s a fold"
        console.print(shown, highlight=False)
        return row | {"settings": ", ".join(f"{name}={value}" for name, value in settings.items())}

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Fit and predict together, (folds,)."""
        return np.add(self.fit_s, self.predict_s)


def main() -> None:
    """Read the folds, measure every model, print the table and write the file."""
    arguments = _arguments()
    folds = read_folds(arguments.folder)
    console.print(f"{len(folds)} folds, {folds[0].users} users, {folds[0].items} items, {len(folds[0].train)} ratings")
    rows = [row for name in arguments.models for row in MODELS[name](folds)]
    Console().print(_table(rows))
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.encode({"rows": rows}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ratings", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds u1.base, u1.test, u2.base, …")
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--models", type=_names, default=tuple(MODELS), help=f"any of {','.join(MODELS)}; default: all")
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in MODELS:
            raise argparse.ArgumentTypeError(f"there is no {name!r}; choose of {', '.join(MODELS)}")
    return names


def plain_rows(name: str) -> Callable[[list[Fold]], Iterator[Row]]:
    """Return what measures a model as it comes, and Surprise's of the same definition, fold by fold in turn."""
    settings, peer, peer_settings = PLAIN[name]

    def rows(folds: list[Fold]) -> Iterator[Row]:
        compared = peer is not None and importlib.util.find_spec("surprise") is not None
        if peer and not compared:
            console.print(f"surprise {peer} is left out: scikit-surprise is not installed (uv sync --group peers)")
        own, other = Measured(), Measured()
        # The first fit loads the kernels, and no row is to pay for it.
        _fit(name, settings, folds[0])
        for fold in folds:
            own.add(fold, *_fit(name, settings, fold))
            if compared:
                other.add(fold, *_fit_surprise(str(peer), peer_settings, fold))
        row = own.row(name, settings)
        if not compared:
            yield row
            return
        ratios = sorted((other.seconds / own.seconds).tolist())
        yield row | {
            "times_faster": statistics.median(ratios),
            "times_faster_least": ratios[0],
            "times_faster_most": ratios[-1],
        }
        yield other.row(f"surprise {peer}", peer_settings)

    return rows


def _fit(name: str, settings: Settings, fold: Fold) -> tuple[NDArray[np.float64], float, float]:
    """Return what a model predicts, and the seconds to fit and to predict."""
    data, model = fold.interactions(), make(name, settings)
    start = time.perf_counter()
    model.fit(data, seed=SEED)
    fitted = time.perf_counter()
    stars = predict(model, fold)
    return stars, fitted - start, time.perf_counter() - fitted


def _fit_surprise(algorithm: str, settings: Settings, fold: Fold) -> tuple[NDArray[np.float64], float, float]:
    """Do the same with Surprise; that it first turns ratings into its own training set is not counted."""
    surprise: Any = importlib.import_module("surprise")
    train, test = (
        list(zip(part.user.tolist(), part.item.tolist(), part.stars.tolist(), strict=True))
        for part in (fold.train, fold.test)
    )
    scale = float(fold.train.stars.min()), float(fold.train.stars.max())
    dataset = surprise.Dataset(surprise.Reader(rating_scale=scale))
    known = dataset.construct_trainset([(*rating, None) for rating in train])
    model = getattr(surprise, algorithm)(**settings)
    start = time.perf_counter()
    model.fit(known)
    fitted = time.perf_counter()
    predictions = model.test(test)
    seconds = time.perf_counter() - fitted
    return np.array([one.est for one in predictions]), fitted - start, seconds


def tuned_rows(folds: list[Fold]) -> Iterator[Row]:
    """Tune every model and blend them, fold by fold; mark the row with the least error on training ratings unseen."""
    measured = {label: Measured() for label in (*GRIDS, "blend")}
    validated: dict[str, list[float]] = {label: [] for label in measured}
    for fold in folds:
        start = time.perf_counter()
        parts = cut(fold)
        tuned = {label: Tuned.choose(name, grid, parts) for label, (name, grid) in GRIDS.items()}
        unseen = [np.array(stars) for stars in zip(*(one.unseen for one in tuned.values()), strict=True)]
        blend, untested = Stacked.learn(unseen, parts), Stacked.learn(unseen[:-1], parts[:-1])
        for label, one in tuned.items():
            validated[label].append(rmse(one.unseen[-1], parts[-1].test.stars))
        validated["blend"].append(rmse(untested.predict(unseen[-1], parts[-1]), parts[-1].test.stars))
        answers = {label: _fit(one.name, one.settings, fold) for label, one in tuned.items()}
        for label, answer in answers.items():
            measured[label].add(fold, *answer)
        stars = np.array([answer[0] for answer in answers.values()])
        predict_s = sum(answer[2] for answer in answers.values())
        measured["blend"].add(fold, blend.predict(stars, fold), time.perf_counter() - start - predict_s, predict_s)
    best = min(validated, key=lambda label: statistics.mean(validated[label]))
    for label, result in measured.items():
        row = result.row(label, {})
        yield row | {"selected": label == best, "validation_rmse": statistics.mean(validated[label])}


def _table(rows: list[Row]) -> Table:
    table = Table(box=box.SIMPLE, caption="* chosen on validation")
    table.add_column("model", no_wrap=True)
    for heading in _FIGURES:
        table.add_column(heading, justify="right")
    for row in rows:
        shown = (f"{row[name]:{form}}" if name in row else "" for name, form in _FIGURES.values())
        table.add_row(f"{row['model']}{' *' if row['selected'] else ''}", *shown)
    return table


_FIGURES: Final = {
    "RMSE": ("rmse", ".4f"),
    "MAE": ("mae", ".4f"),
    "validation": ("validation_rmse", ".4f"),
    "fit s": ("fit_s", ".3f"),
    "predict s": ("predict_s", ".3f"),
    "times": ("times_faster", ".1f"),
}
"""The table's headings, each with its place in a row and its format."""

MODELS: Final[dict[str, Callable[[list[Fold]], Iterator[Row]]]] = {
    **{name: plain_rows(name) for name in PLAIN},
    "tuned": tuned_rows,
}
"""What can be measured, by name."""


if __name__ == "__main__":
    main()
