"""What each shopper takes next, all items ranked: HR@10 and NDCG@10 on sequences without dates.

    python -m benchmarks.sequences FOLDER [--json FILE]

FOLDER holds `sequences.txt`, one user a line, oldest first: `user item item …`; users with fewer than three items are
skipped. If `item_attributes.json` is beside it, items have these attribute ids as tags. The last item of each user is
the test, the one before it validation. Settings and the weights of the blend are chosen by the NDCG of validation
items, with models fitted on what came before. The final fit learns from all but the last two items, and its queries
hold all but the last: validation items are history, never training targets. `history` says whether a user's own items
were ranked with all others or excluded. `selected` marks the row that validation chose.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from aisle.recommenders.base import Recommender
from aisle.recommenders.catalog import by_name
from benchmarks.data import attributes
from benchmarks.data.sequences import HISTORIES, Case, K, read
from benchmarks.shared.rows import Row, finish, options, say, timed
from benchmarks.shared.settings import described, grid

SEED: Final = 0

GRIDS: Final = {
    "popularity": grid(window_days=[None]),
    "sequential_rules": grid(window=[5, 50], distance_power=[0.5, 1.0], confidence=[0.25, 0.5], decay=[0.5, 0.6]),
    "item_knn": grid(neighbours=[500]),
    "ease": grid(regularization=[100.0], dense_items=[0], recency=[0.4, 0.6]),
    "content": grid(content_share=[0.1, 0.3]),
    "session_knn": grid(
        by=["user"], candidates=[2000], neighbours=[1000], distance_decay=[0.6, 0.8], before=[0.1, 0.3], rarity=[0.5]
    ),
}
"""The models, and the settings to choose from."""

BLENDS: Final[Sequence[tuple[tuple[str, ...], tuple[float, ...] | None]]] = (
    (("sequential_rules", "ease"), (1.0, 0.5)),
    (("sequential_rules", "ease", "item_knn"), (1.0, 0.5, 0.3)),
    (("sequential_rules", "ease", "item_knn"), (1.0, 1.0, 0.5)),
    (("sequential_rules", "session_knn", "ease", "item_knn"), (1.0, 0.5, 0.5, 0.3)),
    (("sequential_rules", "session_knn", "ease", "item_knn"), None),
)
"""The blends of the models with their best settings, and their weights; None: the blend learns its own."""


class Trial(NamedTuple):
    """A model, and the NDCG@10 of its validation items."""

    model: Recommender[Any]
    ndcg: float


def main() -> None:
    """Choose settings on validation, then measure with history ranked and excluded."""
    parser = options("sequences", __doc__)
    parser.add_argument("folder", type=Path, help="holds sequences.txt")
    arguments = parser.parse_args()
    ids, sequences = read(arguments.folder)
    catalogue = attributes.read(arguments.folder, ids)
    validation, test = (Case.of(sequences, later, catalogue) for later in (1, 0))
    say(f"{test.train.shape[0]} users, {test.train.shape[1]} items, {len(test.train.log)} training pairs")
    names = [name for name in GRIDS if name != "content" or catalogue is not None]
    trials = {name: _validate(_models(name), validation, HISTORIES) for name in names}
    best = {history: {name: max(trials[name][history], key=_ndcg) for name in names} for history in HISTORIES}
    for history, chosen in best.items():
        chosen["blend"] = max(_validate(_blends(chosen), validation, [history])[history], key=_ndcg)
    winner = max((trial for chosen in best.values() for trial in chosen.values()), key=_ndcg)
    rows = [
        _row(name, trial, history, test) | {"selected": trial is winner}
        for history, chosen in best.items()
        for name, trial in chosen.items()
    ]
    finish(rows, arguments.json)


def _models(name: str) -> list[Recommender[Any]]:
    model = by_name(name)
    return [model(model.config_type.parse(settings)) for settings in GRIDS[name]]


def _blends(chosen: Mapping[str, Trial]) -> list[Recommender[Any]]:
    """Return blends of models with their best settings."""
    model = by_name("blend")
    blends = []
    for names, weights in BLENDS:
        members = [{"name": name, "settings": chosen[name].model.config.plain()} for name in names]
        blends.append(model(model.config_type.parse({"members": members, "weights": weights})))
    return blends


def _validate(models: Sequence[Recommender[Any]], validation: Case, histories: Sequence[str]) -> dict[str, list[Trial]]:
    """Return the trials of models on validation, for each treatment of the history."""
    trials: dict[str, list[Trial]] = {history: [] for history in histories}
    for model in models:
        model.fit(validation.train, seed=SEED)
        for history in histories:
            hit_rate, ndcg = validation.evaluate(model, history)
            figures = f"validation HR@{K} {hit_rate:.4f} NDCG@{K} {ndcg:.4f}"
            say(f"{figures}  history {history}  {model.name} {described(model.config.plain())}")
            trials[history].append(Trial(model, ndcg))
    return trials


def _ndcg(trial: Trial) -> float:
    return trial.ndcg


def _row(name: str, trial: Trial, history: str, test: Case) -> Row:
    """Fit the final model and find the last items."""
    _, fit_s = timed(lambda: trial.model.fit(test.train, seed=SEED))
    (hit_rate, ndcg), score_s = timed(lambda: test.evaluate(trial.model, history))
    return {
        "model": name,
        "history": history,
        f"hr@{K}": hit_rate,
        f"ndcg@{K}": ndcg,
        "validation_ndcg": trial.ndcg,
        "fit_s": fit_s,
        "score_s": score_s,
        "settings": described(trial.model.config.plain()),
    }


if __name__ == "__main__":
    main()
