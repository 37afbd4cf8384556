import numpy as np
import pytest

from aisle.kernels import trees_numpy
from aisle.recommenders.query import ItemLists
from aisle.recommenders.second_stage import ranker as module
from aisle.recommenders.second_stage.ranker import Ranker, RankerConfig, flatten, sampled
from aisle.shop.errors import BundleError, NotEnoughData

QUERIES, SIZE = 240, 12
NAMES = ("noise", "taste", "price")


def examples(seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make shelves on which an item is wanted if its second feature is among the two largest; the first is noise."""
    draw = np.random.default_rng(seed)
    rows = draw.random((QUERIES * SIZE, 3)).astype(np.float32)
    rows[draw.random(rows.shape) < 0.05] = np.nan
    order = np.argsort(np.argsort(-np.nan_to_num(rows[:, 1]).reshape(QUERIES, SIZE), axis=1), axis=1)
    return rows, (order < 2).astype(np.float32).ravel(), np.arange(0, QUERIES * SIZE + 1, SIZE)


@pytest.fixture(scope="module")
def fitted() -> Ranker:
    return Ranker(RankerConfig(trees=30)).fit(*examples(), names=NAMES, seed=1)


def test_what_was_wanted_comes_first(fitted: Ranker) -> None:
    rows, gains, _ = examples(seed=2)
    first = fitted.score(rows).reshape(QUERIES, SIZE).argmax(axis=1)
    assert gains.reshape(QUERIES, SIZE)[np.arange(QUERIES), first].mean() > 0.9


def test_the_feature_that_tells_is_the_important_one(fitted: Ranker) -> None:
    assert fitted.importance_.argmax() == 1
    assert fitted.importance_.sum() == pytest.approx(1, abs=1e-5)


def test_trees_score_as_lightgbm_does() -> None:
    rows, gains, indptr = examples()
    (booster,) = module._boost(RankerConfig(trees=20, forests=1), rows, gains, indptr, 1)
    forest = flatten([one["tree_structure"] for one in booster.dump_model()["tree_info"]])
    np.testing.assert_allclose(trees_numpy.scores(forest, rows), np.asarray(booster.predict(rows)), rtol=1e-12)


def test_the_scores_of_forests_are_added() -> None:
    rows, gains, indptr = examples()
    config = RankerConfig(trees=20, forests=2)
    one, other = module._boost(config, rows, gains, indptr, 1)
    assert (one.num_trees(), other.num_trees()) == (10, 10)
    first, second = np.asarray(one.predict(rows)), np.asarray(other.predict(rows))
    assert not np.array_equal(first, second)
    both = first + second
    np.testing.assert_allclose(
        Ranker(config).fit(rows, gains, indptr, names=NAMES, seed=1).score(rows), both, rtol=1e-9
    )


def test_equal_seeds_give_equal_trees(fitted: Ranker) -> None:
    again = Ranker(RankerConfig(trees=30)).fit(*examples(), names=NAMES, seed=1)
    for name, array in again.arrays().items():
        np.testing.assert_array_equal(array, fitted.arrays()[name])


def test_it_comes_back_from_its_arrays(fitted: Ranker) -> None:
    again = Ranker.from_arrays(fitted.config, fitted.arrays())
    np.testing.assert_array_equal(again.score(examples()[0]), fitted.score(examples()[0]))
    assert again.features_ == NAMES


def test_one_from_before_features_had_names_comes_back_without_and_is_stored_so(fitted: Ranker) -> None:
    arrays = {name: array for name, array in fitted.arrays().items() if not name.startswith("features_")}
    again = Ranker.from_arrays(fitted.config, arrays)
    assert again.features_ == ()
    assert again.arrays().keys() == arrays.keys()


def test_it_reads_the_same_features_in_another_order(fitted: Ranker) -> None:
    rows = examples()[0]
    names = ("price", "new", "noise", "taste")
    moved = np.column_stack((rows[:, 2], np.full(len(rows), 7, np.float32), rows[:, 0], rows[:, 1]))
    remapped = fitted.remapped(names)
    np.testing.assert_array_equal(remapped.score(moved), fitted.score(rows))
    assert remapped.features_ == names
    np.testing.assert_array_equal(remapped.importance_, [*fitted.importance_[[2]], 0, *fitted.importance_[:2]])
    assert fitted.features_ == NAMES


def test_in_the_same_order_it_stays_as_it_is(fitted: Ranker) -> None:
    assert fitted.remapped(NAMES) is fitted


def test_features_that_are_not_there_are_named(fitted: Ranker) -> None:
    with pytest.raises(BundleError, match="looks at features that this Aisle does not have: noise, price; run aisle t"):
        fitted.remapped(("taste", "other"))


def test_every_feature_needs_a_name() -> None:
    rows, gains, indptr = examples()
    with pytest.raises(ValueError, match="2 names do not match 3 features"):
        Ranker(RankerConfig()).fit(rows, gains, indptr, names=NAMES[:2], seed=1)


def test_names_can_be_given_later(fitted: Ranker) -> None:
    other = fitted.named(("a", "b", "c"))
    assert (other.features_, fitted.features_) == (("a", "b", "c"), NAMES)
    np.testing.assert_array_equal(other.score(examples()[0]), fitted.score(examples()[0]))


def test_many_rows_score_as_few_do(fitted: Ranker, monkeypatch: pytest.MonkeyPatch) -> None:
    few = fitted.score(examples()[0])
    monkeypatch.setattr(module, "MANY", 0)
    np.testing.assert_allclose(fitted.score(examples()[0]), few, rtol=1e-12)


def test_money_counts_by_its_amount() -> None:
    rows, gains, indptr = examples()
    dear = np.where(gains > 0, np.where(rows[:, 2] > 0.5, 100, 1), 0).astype(np.float32)
    ranker = Ranker(RankerConfig(trees=30)).fit(rows, dear, indptr, names=NAMES, seed=1)
    first = ranker.score(rows).reshape(QUERIES, SIZE).argmax(axis=1)
    taken = dear.reshape(QUERIES, SIZE)
    both = (taken.max(axis=1) == 100) & ((taken > 0).sum(axis=1) == 2)
    assert (taken[np.arange(QUERIES), first][both] == 100).mean() > 0.8


def test_a_feature_of_which_nothing_is_known_changes_nothing(fitted: Ranker) -> None:
    rows, gains, indptr = examples()
    wider = np.insert(rows, 1, np.nan, axis=1)
    again = Ranker(RankerConfig(trees=30)).fit(wider, gains, indptr, names=("noise", "new", *NAMES[1:]), seed=1)
    np.testing.assert_array_equal(again.score(wider), fitted.score(rows))


def test_too_few_shelves_teach_nothing() -> None:
    rows, gains, indptr = examples()
    with pytest.raises(NotEnoughData, match="10 shelves of the past had something on them that was wanted"):
        Ranker(RankerConfig()).fit(rows[: 10 * SIZE], gains[: 10 * SIZE], indptr[:11], names=NAMES, seed=1)


def test_all_that_was_wanted_is_learnt_from_with_a_sample_of_the_rest_of_its_shelves() -> None:
    lists = ItemLists(np.array([0, 50, 50, 100]), np.zeros(100, np.int32))
    gains = np.zeros(100, np.float32)
    gains[[60, 61]] = 1
    chosen = sampled(lists, gains, 10, 100, seed=1)
    assert chosen.sum() == 10
    assert chosen[[60, 61]].all()
    assert not chosen[:50].any()
    np.testing.assert_array_equal(sampled(lists, gains, 10, 100, seed=1), chosen)
    assert sampled(lists, gains, 1000, 100, seed=1).sum() == 50


def test_of_each_shelf_only_so_many_are_learnt_from_that_nobody_wanted() -> None:
    lists = ItemLists(np.array([0, 50, 100]), np.zeros(100, np.int32))
    gains = np.zeros(100, np.float32)
    gains[[3, 60, 61]] = 1
    chosen = sampled(lists, gains, 1000, 12, seed=1)
    assert chosen[[3, 60, 61]].all()
    assert (chosen[:50].sum(), chosen[50:].sum()) == (1 + 12, 2 + 12)


def test_what_was_wanted_never_crowds_out_the_rest() -> None:
    gains = np.append(np.ones(30), np.zeros(30)).astype(np.float32)
    lists = ItemLists(np.array([0, 60]), np.zeros(60, np.int32))
    assert sampled(lists, gains, 20, 100, seed=1).sum() == 40


def test_shelves_of_which_all_or_nothing_was_wanted_do_not_count() -> None:
    rows, gains, indptr = examples()
    with pytest.raises(NotEnoughData, match="0 shelves"):
        Ranker(RankerConfig()).fit(rows, np.zeros_like(gains), indptr, names=NAMES, seed=1)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def broken(name: str, *rest: object) -> object:
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(NotEnoughData, match="apt-get install libgomp1"):
        Ranker(RankerConfig()).fit(*examples(), names=NAMES, seed=1)


def test_a_threshold_between_two_float32_sends_them_where_lightgbm_does() -> None:
    low = np.float32(0.1)
    high = np.nextafter(low, np.float32(1))
    middle = (float(low) + float(high)) / 2
    node = {"split_feature": 0, "threshold": middle, "missing_type": "None", "default_left": True}
    forest = flatten([node | {"left_child": {"leaf_value": 1.0}, "right_child": {"leaf_value": 2.0}}])
    assert float(forest.threshold[0]) <= middle < float(np.nextafter(forest.threshold[0], np.float32(1)))
    assert forest.missing_left[0]
