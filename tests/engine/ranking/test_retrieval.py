import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.retrieval import Retrieval
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.recommenders.topn import topn


class Fixed:
    """Ranks by a fixed table of scores, a row per query."""

    def __init__(self, scores: list[list[float]]) -> None:
        self.scores = np.array(scores, np.float32)

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        return topn(self.scores[: len(queries)], n, exclude)


def queries(count: int) -> QueryBatch:
    empty = ItemLists(np.zeros(count + 1, np.int64), np.zeros(0, np.int32))
    return QueryBatch(empty, np.zeros(0, np.float32), np.zeros(0, np.int64), 0)


def shelves(personal: list[list[float]], n: int, exclude: ItemLists | None = None) -> tuple[Ranked, NDArray[np.bool_]]:
    popular = Fixed([[3, 2, 1, 0]] * len(personal))
    return Retrieval(Fixed(personal), popular).shelves(queries(len(personal)), n, exclude)  # type: ignore[arg-type]


NAN = float("nan")


def test_a_personal_shelf_stays_personal() -> None:
    ranked, impersonal = shelves([[1, 2, 3, 4]], 2)
    assert ranked.items.tolist() == [[3, 2]]
    assert impersonal.tolist() == [False]


def test_a_shopper_whom_the_personal_model_cannot_score_gets_the_popular_shelf() -> None:
    ranked, impersonal = shelves([[1, 2, 3, 4], [NAN] * 4], 3)
    assert ranked.items[1].tolist() == [0, 1, 2]
    assert ranked.scores[1].tolist() == [3, 2, 1]
    assert impersonal.tolist() == [False, True]


def test_empty_places_are_filled_with_popular_items_without_a_score() -> None:
    ranked, impersonal = shelves([[NAN, 5, NAN, NAN]], 3)
    assert ranked.items.tolist() == [[1, 0, 2]]
    np.testing.assert_array_equal(ranked.scores, [[5, np.nan, np.nan]])
    assert impersonal.tolist() == [False]


def test_excluded_items_do_not_come_back_as_popular_ones() -> None:
    exclude = ItemLists(np.array([0, 2]), np.array([0, 2], np.int32))
    ranked, _ = shelves([[NAN, 5, NAN, NAN]], 4, exclude)
    assert ranked.items.tolist() == [[1, 3, -1, -1]]


def test_a_disliked_item_is_never_shown() -> None:
    history = ItemLists(np.array([0, 2, 3]), np.array([3, 2, 0], np.int32))
    batch = QueryBatch(history, np.array([-1, 1, -0.5], np.float32), np.zeros(3, np.int64), 0)
    retrieval = Retrieval(Fixed([[1, 2, 3, 4], [NAN] * 4]), Fixed([[3, 2, 1, 0]] * 2))  # type: ignore[arg-type]
    assert retrieval.retrieve(batch, 2).items.tolist() == [[2, 1], [1, 2]]


def test_disliked_items_are_added_to_the_excluded_ones() -> None:
    history = ItemLists(np.array([0, 1]), np.array([3], np.int32))
    batch = QueryBatch(history, np.array([-1], np.float32), np.zeros(1, np.int64), 0)
    retrieval = Retrieval(Fixed([[1, 2, 3, 4]]), Fixed([[3, 2, 1, 0]]))  # type: ignore[arg-type]
    exclude = ItemLists(np.array([0, 1]), np.array([2], np.int32))
    assert retrieval.retrieve(batch, 4, exclude).items.tolist() == [[1, 0, -1, -1]]
