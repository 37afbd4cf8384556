import numpy as np
import pytest

from aisle.recommenders import topn as module
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.recommenders.topn import FEW, in_order, rank_in_blocks, topn, topn_of_all, topn_vectors
from aisle.shop.errors import InputError
from tests.recommenders.battery import ask

SIZES = pytest.mark.parametrize("queries", [2, FEW + 1], ids=["few", "many"])


@SIZES
def test_best_first_and_equal_scores_by_number(queries: int) -> None:
    scores = np.tile(np.array([1, 3, np.nan, 3, 2], np.float32), (queries, 1))
    ranked = topn(scores, 6)
    assert ranked.items[-1].tolist() == [1, 3, 4, 0, -1, -1]
    np.testing.assert_array_equal(ranked.scores[-1], np.array([3, 3, 2, 1, np.nan, np.nan], np.float32))


@SIZES
def test_excluded_items_and_numbers_of_no_item(queries: int) -> None:
    scores = np.tile(np.array([1, 2, 3], np.float32), (queries, 1))
    exclude = ItemLists(np.arange(queries + 1) * 3, np.tile(np.array([2, -1, 99], np.int32), queries))
    assert topn(scores, 3, exclude).items.tolist() == [[1, 0, -1]] * queries
    vectors = np.array([[1], [2], [3]], np.float32)
    assert topn_vectors(np.ones((queries, 1), np.float32), vectors, 3, exclude).items.tolist() == [[1, 0, -1]] * queries


def test_scores_of_another_dtype_or_layout() -> None:
    scores = np.asfortranarray(np.tile(np.array([1.0, 3.0, 2.0]), (FEW + 1, 1)))
    assert topn(scores.astype(np.float32), 2).items[FEW].tolist() == [1, 2]


def test_blocks_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(0)
    scores = draw.integers(0, 9, (50, 7)).astype(np.float32)
    exclude = ItemLists(np.arange(51), draw.integers(0, 7, 50).astype(np.int32))
    sizes = []

    def score(queries: QueryBatch) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        sizes.append(len(queries))
        return scores[queries.history.items]

    queries = ask(*({number: 1.0} for number in range(50)))
    whole = topn(scores, 3, exclude)
    monkeypatch.setattr(module, "BLOCK_BYTES", 4 * 7 * 20)
    blocks = rank_in_blocks(score, queries, 3, exclude, 7)
    assert sizes == [20, 20, 10]
    np.testing.assert_array_equal(blocks.items, whole.items)
    np.testing.assert_array_equal(blocks.scores, whole.scores)


def test_at_least_one_item_is_asked_for() -> None:
    with pytest.raises(InputError, match="n = -1"):
        topn(np.ones((1, 2), np.float32), -1)


def test_exclusions_are_one_list_per_query() -> None:
    with pytest.raises(InputError, match="1 lists of excluded items for 2 queries"):
        topn(np.ones((2, 2), np.float32), 1, ItemLists(np.array([0, 1]), np.array([0], np.int32)))


def test_one_order_for_all_queries_gives_what_sorting_each_gives() -> None:
    draw = np.random.default_rng(0)
    scores = draw.integers(0, 9, 50).astype(np.float32)
    scores[:5] = np.nan
    exclude = ItemLists.of_arrays([draw.permutation(55)[:size].astype(np.int32) for size in (0, 3, 55)])
    expected = topn(np.tile(scores, (3, 1)), 20, exclude)
    ranked = topn_of_all(scores, in_order(scores), 3, 20, exclude)
    np.testing.assert_array_equal(ranked.items, expected.items)
    np.testing.assert_array_equal(ranked.scores, expected.scores)
