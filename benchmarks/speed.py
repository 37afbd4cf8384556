"""Seconds to fit and to score of every model, beside implicit, scikit-learn and Surprise in the same run.

    python -m benchmarks.speed FOLDER… [--json FILE] [--models als,svd,…]

A folder holds `train.txt` and `test.txt`, one user a line: `user item item …`, for the models that rank; or `u1.base`,
`u1.test`, …, each line `user item rating timestamp`, for those that predict stars. Models have their default settings,
unless `settings` names others, and peers as many factors, iterations and neighbours. `score_s` is 20 items each,
without those of the training, for about 5,000 of the users with test items; or the stars of all test pairs.

The two sides take turns. `times_faster` is the median of the turns' ratios of all seconds, beside the least and the
most; if a peer has no score of its own, of the seconds to fit.
"""

import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Config
from aisle.recommenders.catalog import NAMES, by_name
from aisle.recommenders.implicit.als import ALSConfig
from aisle.recommenders.implicit.graph_filter import GraphFilterConfig
from aisle.recommenders.implicit.item_knn import ItemKNNConfig
from aisle.shop.errors import AisleError
from benchmarks.data.folds import Fold, read_folds
from benchmarks.data.splits import Split, interactions, queries
from benchmarks.peers.libraries import installed
from benchmarks.peers.timed import Peer, Seconds, Task, implicit_als, implicit_knn, sklearn_neighbours, sklearn_svd
from benchmarks.ratings.plain import plain_rows
from benchmarks.shared.rows import Row, faster, finish, names_of, options, say, timed
from benchmarks.shared.settings import described

N: Final = 20
SEED: Final = 0
TURNS: Final = 3
PATIENCE: Final = 20.0
"""A model whose turn takes more seconds than this gets no other turn."""
USERS: Final = 5000
"""For about so many users shelves are filled."""
FOLDS: Final = 3

_ALS: Final = ALSConfig(factors=64, iterations=15)
_COSINE: Final = ItemKNNConfig(similarity="cosine", alpha=0.5)
_TFIDF: Final = ItemKNNConfig(similarity="tfidf", alpha=0.5)
_BM25: Final = ItemKNNConfig(similarity="bm25")
_FILTER: Final = GraphFilterConfig(rank=256)

Contest = tuple[Config, Peer | None]
CONTESTS: Final[dict[str, Sequence[tuple[Config, Peer]]]] = {
    "als": [(_ALS, implicit_als(_ALS))],
    "graph_filter": [(_FILTER, sklearn_svd(_FILTER))],
    "item_knn": [
        (_COSINE, implicit_knn("CosineRecommender", _COSINE)),
        (_TFIDF, implicit_knn("TFIDFRecommender", _TFIDF)),
        (_BM25, implicit_knn("BM25Recommender", _BM25)),
        (_COSINE, sklearn_neighbours(_COSINE)),
    ],
}
"""The models that rank and have peers, each with the settings of the contest; all others are measured alone."""


def main() -> None:
    """Measure every model on the folders."""
    parser = options("speed", __doc__)
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+", help="train.txt and test.txt, or u1.base, …")
    parser.add_argument("--models", type=names_of(NAMES), default=NAMES, help=f"any of {','.join(NAMES)}")
    arguments = parser.parse_args()
    finish([row for folder in arguments.folders for row in _rows(folder, arguments.models)], arguments.json)


def _rows(folder: Path, models: Iterable[str]) -> Iterator[Row]:
    """Measure the models that a folder has the data for."""
    if (folder / "train.txt").exists():
        task = _task(folder)
        for name in models:
            if not issubclass(by_name(name), PredictsRatings):
                yield from ({"data": folder.name, **row} for row in ranking_rows(name, task))
    elif (folder / "u1.base").exists():
        folds = read_folds(folder)[:FOLDS]
        for name in models:
            if issubclass(by_name(name), PredictsRatings):
                yield {"data": folder.name, **rating_row(name, folds)}
    else:
        sys.exit(f"{folder} has neither train.txt nor u1.base")


def _task(folder: Path) -> Task:
    """Read a split, and load the kernels, so that no row has their seconds."""
    split = Split.read(folder)
    task = Task(split, split.test_users[:: max(1, len(split.test_users) // USERS)], N)
    _run("item_knn", _COSINE, task)
    return task


def ranking_rows(name: str, task: Task) -> Iterator[Row]:
    """Measure a model that ranks, beside each of its peers, turn by turn."""
    contests: list[Contest] = [
        (config, peer) for config, peer in CONTESTS.get(name, ()) if installed(peer.library, peer.model)
    ]
    for config, peer in contests or [(by_name(name).config_type(), None)]:
        try:
            turns = list(_turns(name, config, peer, task))
        except AisleError as error:
            say(f"{name} is skipped: {error}")
        else:
            yield _row(name, config, peer, turns)


def rating_row(name: str, folds: list[Fold]) -> Row:
    """Measure a model that predicts stars, as `benchmarks.ratings` does, a turn for each fold."""
    ours, *theirs = plain_rows(name, folds)
    row = {"model": name, "fit_s": ours["fit_s"], "score_s": ours["predict_s"]}
    for peer in theirs:
        row |= {"peer": peer["model"], "peer_fit_s": peer["fit_s"], "peer_score_s": peer["predict_s"]}
        row |= {column: ours[column] for column in ours if column.startswith("times_faster")}
    return row | {"settings": ours["settings"]}


def _turns(name: str, config: Config, peer: Peer | None, task: Task) -> Iterator[tuple[Seconds, Seconds | None]]:
    """Run our model and its peer in turn, until there are enough turns or they take too long; without a peer, once."""
    for _ in range(TURNS if peer else 1):
        start = time.perf_counter()
        yield _run(name, config, task), peer.run(task) if peer else None
        if time.perf_counter() - start > PATIENCE:
            return


def _run(name: str, config: Config, task: Task) -> Seconds:
    """Fit our model, and fill the shelves."""
    data, batch = interactions(task.split.train), queries(task.split.train).take(task.users)
    model, fit_s = timed(lambda: by_name(name)(config).fit(data, seed=SEED))
    _, score_s = timed(lambda: model.retrieve(batch, task.n, batch.history))
    return Seconds(fit_s, score_s)


def _row(name: str, config: Config, peer: Peer | None, turns: Sequence[tuple[Seconds, Seconds | None]]) -> Row:
    """Return the medians of the turns."""
    ours = [our for our, _ in turns]
    row: Row = {"model": name, "fit_s": _median(ours, 0), "score_s": _median(ours, 1)}
    if peer:
        theirs = [their for _, their in turns if their]
        row |= {"peer": f"{peer.library} {peer.model}", "peer_fit_s": _median(theirs, 0)}
        if all(their.score is not None for their in theirs):
            row |= {"peer_score_s": _median(theirs, 1)}
        row |= faster([_ratio(our, their) for our, their in zip(ours, theirs, strict=True)])
    defaults = type(config)().plain()
    changed = {setting: value for setting, value in config.plain().items() if value != defaults[setting]}
    say(f"{name}: {row['fit_s']:.2f} + {row['score_s']:.2f} s {row.get('peer', '')}")
    return row | {"settings": described(changed)}


def _median(turns: Sequence[Seconds], which: int) -> float:
    return statistics.median(turn[which] or 0.0 for turn in turns)


def _ratio(ours: Seconds, theirs: Seconds) -> float:
    """Return how many times as long the peer takes, for as much of the work as both do."""
    if theirs.score is None or ours.score is None:
        return theirs.fit / ours.fit
    return (theirs.fit + theirs.score) / (ours.fit + ours.score)


if __name__ == "__main__":
    main()
