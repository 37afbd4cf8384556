"""The second stage: orders the candidates of a query by features of query, item and pair.

LambdaMART: gradient-boosted trees whose gradients are weighted by the change in NDCG if two candidates were swapped
(Burges, "From RankNet to LambdaRank to LambdaMART: An Overview", 2010), learnt by LightGBM (Ke et al., 2017), with a
share of the loss of single candidates (Sculley, "Combined Regression and Ranking", 2010). LightGBM is needed for
learning only: the trees are stored as flat arrays, and a kernel walks them.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle import kernels
from aisle.kernels import trees_numpy
from aisle.kernels.lambdas_numpy import Shelves
from aisle.kernels.trees_numpy import Forest
from aisle.recommenders.base import Array, Component, Config
from aisle.recommenders.query import ItemLists
from aisle.recommenders.ranges import AtLeastOne
from aisle.shop.errors import BundleError, NotEnoughData
from aisle.shop.ids import Vocabulary

if TYPE_CHECKING:
    import lightgbm

    from aisle.kernels.trees import Splits

Floats = NDArray[np.float32]

MANY: Final = 5000
"""With more rows than this, the compiled kernel is faster even if it must be loaded first."""

FEWEST_QUERIES: Final = 100
"""With fewer useful queries, trees learn chance."""


class RankerConfig(Config, frozen=True):
    """How the trees are grown."""

    trees: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    """The number of trees, in all forests together."""
    forests: Annotated[int, msgspec.Meta(ge=1, le=100)] = 2
    """The number of forests. Each is grown from another seed, and their scores are added: what one learns by chance,
    the others do not."""
    leaves: Annotated[int, msgspec.Meta(ge=2, le=1024)] = 15
    """The number of leaves of a tree, at most."""
    learning_rate: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.2
    """The share of each tree's correction that is applied."""
    fewest_in_leaf: AtLeastOne = 100
    """The number of candidates in a leaf, at least."""
    truncation: AtLeastOne = 60
    """Only pairs with a candidate among this many first ones count: shelves are short."""
    pointwise: Annotated[float, msgspec.Meta(ge=0, le=10)] = 0.1
    """The weight of the logistic loss of each candidate by itself, beside LambdaMART's of pairs."""
    others: AtLeastOne = 25
    """So many candidates that nobody wanted are learnt from on each shelf of the past, at most."""
    most_rows: Annotated[int, msgspec.Meta(ge=1000)] = 400_000
    """The number of candidates to learn from, at most, an equal share from each past window; above it, those that
    nobody wanted are sampled further."""


class Ranker(Component[RankerConfig]):
    """Scores rows of features; higher is better, and only rows of the same query compare.

    It is no recommender: it knows no items, only features by their names.
    """

    name = "ranker"

    forest_: Forest
    importance_: Floats
    """The share of each feature in the gain of all splits, (features,)."""
    features_: tuple[str, ...]
    """The names of the columns of rows, in their order; empty in a bundle from before names were stored."""

    _splits: "tuple[Forest, Splits | Forest] | None" = None
    """A forest, and its splits as the kernel takes them: they are found once."""

    def fit(self, rows: Floats, gains: Floats, indptr: NDArray[np.int64], *, names: tuple[str, ...], seed: int) -> Self:
        """Learn to put the candidates with the larger gains first.

        Parameters
        ----------
        rows
            Features, (candidates, features); NaN where one is not known.
        gains
            The value of showing each candidate, 0 for none, (candidates,); they are scaled so that the largest is 1.
        indptr
            The candidates of query q are the rows `indptr[q]` … `indptr[q + 1] - 1`.
        names
            The names of the features, in the order of the columns.
        seed
            Equal rows and seed give equal trees.

        Raises
        ------
        NotEnoughData
            If fewer than `FEWEST_QUERIES` queries have both a candidate with gain and one without, or LightGBM cannot
            be loaded.
        """
        if len(names) != rows.shape[1]:
            raise ValueError(f"{len(names)} names do not match {rows.shape[1]} features")
        useful = _useful(gains, indptr)
        if len(useful) < FEWEST_QUERIES:
            raise NotEnoughData(
                f"{len(useful)} shelves of the past had something on them that was wanted; "
                f"a ranker needs {FEWEST_QUERIES}: import a longer log"
            )
        boosters = _boost(self.config, rows, gains, indptr, seed)
        trees = [tree for booster in boosters for tree in booster.dump_model()["tree_info"]]
        self.forest_ = flatten([tree["tree_structure"] for tree in trees])
        gain = np.sum([booster.feature_importance("gain") for booster in boosters], axis=0)
        self.importance_ = (gain / max(gain.sum(), np.finfo(np.float64).tiny)).astype(np.float32)
        self.features_ = names
        return self

    def score(self, rows: Floats) -> NDArray[np.float64]:
        """Return the score of each row of features, (rows,)."""
        rows = np.ascontiguousarray(rows, np.float32)
        if len(rows) <= MANY and not kernels.are_loaded():
            return trees_numpy.scores(self.forest_, rows)
        from aisle.kernels import trees

        if self._splits is None or self._splits[0] is not self.forest_:
            self._splits = self.forest_, trees.splits(self.forest_)
        return trees.scores(self._splits[1], rows)

    def named(self, names: tuple[str, ...]) -> "Ranker":
        """Return the same ranker with names for its features."""
        ranker = copy(self)
        ranker.features_ = names
        return ranker

    def remapped(self, names: tuple[str, ...]) -> "Ranker":
        """Return the same ranker for rows with these columns; more columns than it looks at do not matter.

        Raises
        ------
        BundleError
            If it looks at a feature that is not among them.
        """
        if names == self.features_:
            return self
        unknown = [name for name in self.features_ if name not in names]
        if unknown:
            raise BundleError(
                f"the ranker looks at features that this Aisle does not have: {', '.join(unknown)}; run aisle train"
            )
        places = np.array([names.index(name) for name in self.features_], np.int32)
        feature = self.forest_.feature
        ranker = self.named(names)
        ranker.forest_ = self.forest_._replace(feature=np.where(feature < 0, feature, places[feature]))
        ranker.importance_ = np.zeros(len(names), np.float32)
        ranker.importance_[places] = self.importance_
        return ranker

    def arrays(self) -> dict[str, Array]:
        """Return the nodes of all trees, and the names of the features."""
        names = {f"features_{name}": array for name, array in Vocabulary(self.features_).to_arrays().items()}
        return {**self.forest_._asdict(), "importance": self.importance_, **(names if self.features_ else {})}

    @classmethod
    def from_arrays(cls, config: RankerConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the ranker from its arrays."""
        ranker = cls(config)
        ranker.forest_ = Forest(**{name: np.asarray(arrays[name]) for name in Forest._fields})
        ranker.importance_ = np.asarray(arrays["importance"])
        names = {name: arrays[f"features_{name}"] for name in ("bytes", "offsets") if f"features_{name}" in arrays}
        ranker.features_ = Vocabulary.from_arrays(names).ids if names else ()
        return ranker


def _useful(gains: Floats, indptr: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the queries to learn from: some of their candidates were wanted, and some were not."""
    wanted = np.add.reduceat(np.append(gains > 0, False), indptr[:-1]) if len(indptr) > 1 else np.zeros(0)
    sizes = np.diff(indptr)
    return np.flatnonzero((sizes > 0) & (wanted > 0) & (wanted < sizes))


def sampled(lists: ItemLists, gains: Floats, most: int, others: int, seed: int) -> NDArray[np.bool_]:
    """Return which candidates to learn from, (candidates,): all with a gain, and a sample of the others.

    A query without a gain teaches nothing, so that none of its candidates is chosen.

    Parameters
    ----------
    lists
        The candidates of each query.
    gains
        The value of showing each, (candidates,).
    most
        So many are chosen, at most; more if candidates with a gain fill over half of them.
    others
        So many candidates of each query without a gain are chosen, at most.
    seed
        Seed of the sampling.
    """
    chosen = gains > 0
    teaches = np.bincount(lists.queries[chosen], minlength=len(lists)) > 0
    without = np.flatnonzero(~chosen & np.repeat(teaches, np.diff(lists.indptr)))
    shuffled = np.random.default_rng(seed).permutation(without)
    query = lists.queries[shuffled]
    by_query = np.argsort(query, kind="stable")
    place = np.empty(len(shuffled), np.int64)
    place[by_query] = np.arange(len(shuffled)) - np.searchsorted(query[by_query], query[by_query])
    room = max(most - int(chosen.sum()), most // 2)
    chosen[shuffled[place < others][:room]] = True
    return chosen


class _Loss:
    """The loss of LambdaMART, and a share of the logistic loss of each candidate by itself, as LightGBM calls it.

    The logistic part tells apart candidates of shelves on which pairs say nothing more.
    """

    def __init__(self, config: RankerConfig, gains: Floats, indptr: NDArray[np.int64]) -> None:
        query = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
        self._config = config
        self._wanted = gains.astype(np.float64) / max(float(gains.max()), np.finfo(np.float64).tiny)
        # The kernel wants the largest gains of each query first.
        self._order = np.lexsort((-self._wanted, query))
        self._shelves = Shelves.of(self._wanted[self._order], indptr, config.truncation)
        mean = self._wanted.mean()
        self._usual = np.log(mean / (1 - mean))

    def __call__(self, scores: NDArray[np.float64], _: object) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return gradient and curvature by each score."""
        from aisle.kernels import lambdas

        in_order = lambdas.gradients(self._shelves, scores[self._order], self._config.truncation)
        gradient, curvature = np.empty((2, len(scores)))
        gradient[self._order], curvature[self._order] = in_order
        chance = 1 / (1 + np.exp(-(scores + self._usual)))
        share = self._config.pointwise
        return gradient + share * (chance - self._wanted), curvature + share * chance * (1 - chance)


def _boost(
    config: RankerConfig, rows: Floats, gains: Floats, indptr: NDArray[np.int64], seed: int
) -> "list[lightgbm.Booster]":
    """Grow the forests, each from its own seed."""
    try:
        import lightgbm
    except OSError as error:
        raise NotEnoughData(
            f"LightGBM cannot be loaded ({error}); on Debian and Ubuntu, apt-get install libgomp1"
        ) from None
    settings: dict[str, Any] = {
        # LightGBM's own loss takes twice as long.
        "objective": _Loss(config, gains, indptr),
        "num_leaves": config.leaves,
        "learning_rate": config.learning_rate,
        "min_data_in_leaf": min(config.fewest_in_leaf, max(1, len(rows) // 100)),
        "min_sum_hessian_in_leaf": 1e-3,
        "lambda_l2": 1.0,
        "feature_fraction": 0.7,
        # The histograms of so few bins stay in the cache.
        "max_bin": 63,
        "deterministic": True,
        "force_row_wise": True,
        # LightGBM's threads spin while they wait, and cost many times what they bring once others want the cores.
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(rows, gains, params={"max_bin": 63, "verbosity": -1, "num_threads": 1})
    trees = max(1, config.trees // config.forests)
    return [
        lightgbm.train(settings | {"seed": seed + forest}, data, num_boost_round=trees)
        for forest in range(config.forests)
    ]


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
    """Return whether NaN goes left: where training had no NaN, LightGBM treats it as 0."""
    if node["missing_type"] == "NaN":
        return bool(node["default_left"])
    return bool(node["threshold"] >= 0)


def _down(threshold: float) -> float:
    """Return the largest float32 not above a threshold: a float32 compares with it as with the threshold itself."""
    with np.errstate(over="ignore"):
        rounded = np.float32(threshold)
        return float(np.nextafter(rounded, np.float32(-np.inf)) if float(rounded) > threshold else rounded)
