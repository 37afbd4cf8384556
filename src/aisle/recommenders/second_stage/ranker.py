"""The second stage: orders the candidates of a query by what is known of query, item and pair.

LambdaMART: gradient-boosted trees whose gradients are weighted by the NDCG that swapping two candidates would change
(Burges, "From RankNet to LambdaRank to LambdaMART: An Overview", 2010), learnt by LightGBM (Ke et al., 2017). LightGBM
is needed for learning only: the trees are kept as flat arrays, and walking them is a kernel's work.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels import trees_numpy
from aisle.kernels.trees_numpy import Forest
from aisle.recommenders.base import Array, Config
from aisle.shop.errors import NotEnoughData

if TYPE_CHECKING:
    import lightgbm

Floats = NDArray[np.float32]

MANY: Final = 5000
"""More rows than this are worth the compiled kernel."""

FEWEST_QUERIES: Final = 100
"""With fewer answered queries to learn from, trees learn chance."""


class RankerConfig(Config, frozen=True):
    """How the trees are grown."""

    trees: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 150
    """How many, in all forests together."""
    forests: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    """So many forests are grown from other seeds, and their scores added: what one of them has by luck, others lack."""
    leaves: Annotated[int, msgspec.Meta(ge=2, le=1024)] = 15
    """How many leaves a tree has at most."""
    learning_rate: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.2
    """How much of what a tree has learnt is believed."""
    fewest_in_leaf: Annotated[int, msgspec.Meta(ge=1)] = 100
    """A leaf stands for at least so many candidates."""
    truncation: Annotated[int, msgspec.Meta(ge=1)] = 60
    """Only pairs of which one is among so many first count: shelves are short."""
    most_rows: Annotated[int, msgspec.Meta(ge=1000)] = 400_000
    """Of more candidates than this, only some of those that nobody wanted are learnt from, drawn by chance."""


class Ranker:
    """Scores rows of features; more is better, and only rows of one query compare.

    It is no recommender: it does not know of items, only of features by their names.
    """

    name: ClassVar[str] = "ranker"
    config_type: ClassVar[type[Config]] = RankerConfig

    forest_: Forest
    importance_: Floats
    """The share of the gain that each feature brought, (features,)."""

    def __init__(self, config: RankerConfig) -> None:
        self.config = config

    def fit(self, rows: Floats, gains: Floats, indptr: NDArray[np.int64], *, seed: int) -> Self:
        """Learn to put the candidates with the larger gains first.

        Parameters
        ----------
        rows
            Features, (candidates, features); NaN where one is not known.
        gains
            What showing each candidate would have been worth, 0 for nothing, (candidates,); the largest counts 1.
        indptr
            The candidates of query q are the rows `indptr[q]` … `indptr[q + 1] - 1`.
        seed
            Equal rows and seed give equal trees.

        Raises
        ------
        NotEnoughData
            If fewer than `FEWEST_QUERIES` queries have both a candidate with gain and one without, or LightGBM cannot
            be loaded.
        """
        useful = _useful(gains, indptr)
        if len(useful) < FEWEST_QUERIES:
            raise NotEnoughData(
                f"{len(useful)} shelves of the past had something on them that was wanted; "
                f"a ranker needs {FEWEST_QUERIES}: import a longer log"
            )
        kept = _sampled(gains, self.config.most_rows, seed)
        sizes = np.diff(np.append(0, np.cumsum(kept))[indptr])
        boosters = _boost(self.config, rows[kept], gains[kept], sizes, seed)
        self.forest_ = flatten([one["tree_structure"] for each in boosters for one in each.dump_model()["tree_info"]])
        gain = np.sum([one.feature_importance("gain") for one in boosters], axis=0)
        self.importance_ = (gain / max(gain.sum(), np.finfo(np.float64).tiny)).astype(np.float32)
        return self

    def score(self, rows: Floats) -> NDArray[np.float64]:
        """Return the score of each row of features, (rows,)."""
        rows = np.ascontiguousarray(rows, np.float32)
        if len(rows) <= MANY:
            return trees_numpy.scores(self.forest_, rows)
        from aisle.kernels import trees

        return trees.scores(self.forest_, rows)

    def arrays(self) -> dict[str, Array]:
        """Return the nodes of all trees."""
        return {**self.forest_._asdict(), "importance": self.importance_}

    @classmethod
    def from_arrays(cls, config: RankerConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the ranker from its nodes."""
        ranker = cls(config)
        ranker.forest_ = Forest(**{name: np.asarray(arrays[name]) for name in Forest._fields})
        ranker.importance_ = np.asarray(arrays["importance"])
        return ranker


def _useful(gains: Floats, indptr: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the queries that teach something: some candidates are worth more than others."""
    wanted = np.add.reduceat(np.append(gains > 0, False), indptr[:-1]) if len(indptr) > 1 else np.zeros(0)
    sizes = np.diff(indptr)
    return np.flatnonzero((sizes > 0) & (wanted > 0) & (wanted < sizes))


def _sampled(gains: Floats, most: int, seed: int) -> NDArray[np.bool_]:
    """Return which rows are learnt from: all with a gain, and so many of the others that there is room for."""
    kept = gains > 0
    others = np.flatnonzero(~kept)
    room = max(most - int(kept.sum()), most // 2)
    kept[np.random.default_rng(seed).permutation(others)[:room]] = True
    return kept


def _boost(
    config: RankerConfig, rows: Floats, gains: Floats, sizes: NDArray[np.int64], seed: int
) -> "list[lightgbm.Booster]":
    """Grow the forests, each from a seed of its own."""
    try:
        import lightgbm
    except OSError as error:
        raise NotEnoughData(
            f"LightGBM cannot be loaded ({error}); on Debian and Ubuntu, apt-get install libgomp1"
        ) from None
    labels, worth = _grades(gains)
    settings: dict[str, Any] = {
        "objective": "lambdarank",
        "lambdarank_truncation_level": config.truncation,
        "label_gain": worth,
        "num_leaves": config.leaves,
        "learning_rate": config.learning_rate,
        "min_data_in_leaf": min(config.fewest_in_leaf, max(1, len(rows) // 100)),
        "min_sum_hessian_in_leaf": 1e-3,
        "lambda_l2": 1.0,
        "feature_fraction": 0.7,
        "deterministic": True,
        "force_row_wise": True,
        # LightGBM's threads spin while they wait, and cost many times what they bring once others want the cores.
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(rows, labels, group=sizes, params={"verbosity": -1}, free_raw_data=True)
    each = max(1, config.trees // config.forests)
    return [
        lightgbm.train(settings | {"seed": seed + one}, data, num_boost_round=each) for one in range(config.forests)
    ]


_GRADES: Final = 16


def _grades(gains: Floats) -> tuple[NDArray[np.int32], list[float]]:
    """Return each gain as a grade from 0, as LightGBM wants it, and what the grades are worth."""
    if np.isin(gains, (0, 1)).all():
        return gains.astype(np.int32), [0.0, 1.0]
    edges = np.unique(np.quantile(gains[gains > 0], np.linspace(0, 1, _GRADES)))
    labels = np.where(gains > 0, np.searchsorted(edges, gains, "right").clip(1), 0).astype(np.int32)
    worth = np.bincount(labels, gains, minlength=labels.max() + 1) / np.maximum(np.bincount(labels), 1)
    return labels, (worth / worth.max()).tolist()


def flatten(trees: Sequence[Mapping[str, Any]]) -> Forest:
    """Return the trees of LightGBM's model dump, each a nested mapping, as one forest."""
    nodes: list[tuple[int, float, bool, int, int, float]] = []

    def add(node: Mapping[str, Any]) -> int:
        number = len(nodes)
        if "split_feature" not in node:
            nodes.append((-1, 0.0, False, number, number, node["leaf_value"]))
            return number
        nodes.append((0, 0.0, False, 0, 0, 0.0))
        left, right = add(node["left_child"]), add(node["right_child"])
        nodes[number] = (
            node["split_feature"], _down(node["threshold"]), _missing_left(node), left, right, 0.0,
        )  # fmt: skip
        return number

    roots = [add(tree) for tree in trees]
    columns = list(zip(*nodes, strict=True)) or [()] * 6
    feature, threshold, missing_left, left, right, value = columns
    return Forest(
        np.array(roots, np.int32),
        np.array(feature, np.int32),
        np.array(threshold, np.float32),
        np.array(missing_left, np.bool_),
        np.array(left, np.int32),
        np.array(right, np.int32),
        np.array(value, np.float64),
    )


def _missing_left(node: Mapping[str, Any]) -> bool:
    """Return where NaN goes: where no NaN was seen in training, LightGBM takes it for 0."""
    if node["missing_type"] == "NaN":
        return bool(node["default_left"])
    return bool(node["threshold"] >= 0)


def _down(threshold: float) -> float:
    """Return the largest float32 up to a threshold: float32 features compare with it as with the threshold itself."""
    with np.errstate(over="ignore"):
        rounded = np.float32(threshold)
        return float(np.nextafter(rounded, np.float32(-np.inf)) if float(rounded) > threshold else rounded)
