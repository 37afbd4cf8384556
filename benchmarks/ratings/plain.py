"""Rating models with their default settings, beside Surprise's of the same definition, fold by fold in turn."""

from collections.abc import Iterator
from typing import Any, Final

from benchmarks.data.folds import Fold
from benchmarks.peers import surprise
from benchmarks.peers.libraries import installed
from benchmarks.ratings.models import SEED, Measured, fit_and_predict
from benchmarks.shared.rows import Row, faster

Settings = dict[str, Any]

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


def plain_rows(name: str, folds: list[Fold]) -> Iterator[Row]:
    """Yield the row of a model, and that of Surprise's if there is one."""
    settings, peer, peer_settings = PLAIN[name]
    compared = peer is not None and installed("surprise", peer)
    ours, theirs = Measured(), Measured()
    fit_and_predict(name, settings, folds[0])  # loads the kernels, so that no row has their seconds
    for fold in folds:
        ours.add(fold, *fit_and_predict(name, settings, fold))
        if compared:
            theirs.add(fold, *surprise.predict(str(peer), peer_settings, fold))
    row = ours.row(name, settings)
    if compared:
        yield row | faster((theirs.seconds / ours.seconds).tolist())
        yield theirs.row(f"surprise {peer}", peer_settings)
    else:
        yield row
