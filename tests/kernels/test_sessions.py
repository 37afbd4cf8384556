import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aisle.kernels import sessions, sessions_numpy
from aisle.kernels.csr import CSR
from aisle.kernels.sessions_numpy import Index, Nearest

PLAIN = Nearest(candidates=10, k=10, distance_decay=0.5, before=1.0, least=1)


def index_of(in_sessions: list[list[int]], items: int) -> Index:
    newest = [[s for s, held in reversed(list(enumerate(in_sessions))) if item in held] for item in range(items)]
    return Index(
        np.cumsum([0, *map(len, newest)]),
        np.array([session for of_item in newest for session in of_item], np.int32),
        np.cumsum([0, *map(len, in_sessions)]),
        np.array([item for session in in_sessions for item in session], np.int32),
        np.ones(len(in_sessions), np.float32),
        np.ones(items, np.float32),
    )


def histories(*entries: dict[int, float]) -> CSR:
    return CSR(
        np.cumsum([0, *map(len, entries)]),
        np.array([item for entry in entries for item in entry], np.int32),
        np.array([weight for entry in entries for weight in entry.values()], np.float32),
    )


def both(history: CSR, index: Index, nearest: Nearest) -> list[list[float]]:
    """Score with kernel and twin, which must agree."""
    scores = sessions.score_sessions(history, index, nearest)
    np.testing.assert_allclose(scores, sessions_numpy.score_sessions(history, index, nearest), rtol=1e-5, atol=1e-6)
    listed: list[list[float]] = scores.tolist()
    return listed


INDEX = index_of([[0, 1, 2], [1, 3], [4]], 5)


def test_neighbours_say_more_of_what_stands_near_the_newest_shared_item() -> None:
    assert both(histories({0: 0.5, 1: 1.0}), INDEX, PLAIN) == [[0.75, 2.5, 0.75, 0.5, 0]]


def test_what_stands_before_it_can_count_less() -> None:
    assert both(histories({1: 1.0}), INDEX, PLAIN._replace(before=0.0)) == [[0, 2, 0.5, 0.5, 0]]


def test_only_the_most_similar_are_heard() -> None:
    assert both(histories({0: 0.5, 1: 1.0}), INDEX, PLAIN._replace(k=1)) == [[0.75, 1.5, 0.75, 0, 0]]


def test_of_equally_similar_ones_the_newest_is_heard() -> None:
    assert both(histories({1: 1.0}), INDEX, PLAIN._replace(k=1)) == [[0, 1, 0, 0.5, 0]]


def test_only_the_newest_are_candidates() -> None:
    assert both(histories({0: 0.5, 1: 1.0}), INDEX, PLAIN._replace(candidates=1)) == [[0, 1, 0, 0.5, 0]]


def test_age_and_rarity_count() -> None:
    faded = INDEX._replace(faded=np.array([0.5, 1, 1], np.float32), rarity=np.array([1, 0, 2, 1, 1], np.float32))
    assert both(histories({1: 1.0}), faded, PLAIN) == [[0.25, 0, 0.5, 0.5, 0]]


def test_what_too_few_neighbours_have_is_not_scored() -> None:
    nearest = PLAIN._replace(least=2)
    assert both(histories({0: 0.5, 1: 1.0}), INDEX, nearest) == [[0, 2.5, 0, 0, 0]]
    # A neighbour that has an item twice is one neighbour.
    twice = index_of([[0, 1, 0], [1, 2]], 3)
    assert both(histories({1: 1.0}), twice, nearest) == [[0, 2, 0]]


def test_too_few_neighbours_explain_nothing() -> None:
    history = histories({0: 0.5, 1: 1.0})
    assert sessions_numpy.explain(history, 2, INDEX, PLAIN._replace(least=2)).tolist() == [0, 0]
    assert sessions_numpy.explain(history, 1, INDEX, PLAIN._replace(least=2)).sum() == 2.5


def test_entries_at_0_and_no_entries_say_nothing() -> None:
    assert both(histories({1: 0.0, 4: 1.0}, {}), INDEX, PLAIN) == [[0, 0, 0, 0, 1], [0] * 5]


def draw_sessions(draw: np.random.Generator) -> list[list[int]]:
    return [draw.integers(0, 8, draw.integers(1, 6)).tolist() for _ in range(draw.integers(1, 25))]


def draw_history(draw: np.random.Generator) -> dict[int, float]:
    items: NDArray[np.int64] = draw.permutation(8)[: draw.integers(0, 6)]
    return {int(item): float(weight) for item, weight in zip(items, draw.choice([0, 0.25, 0.5, 1], 8), strict=False)}


@given(
    seed=st.integers(0, 2**32 - 1),
    candidates=st.integers(1, 30),
    k=st.integers(1, 30),
    before=st.sampled_from([0.0, 0.5, 1.0]),
    least=st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_the_kernel_agrees_with_its_twin(seed: int, candidates: int, k: int, before: float, least: int) -> None:
    draw = np.random.default_rng(seed)
    queries = [draw_history(draw) for _ in range(40)]
    both(histories(*queries), index_of(draw_sessions(draw), 8), Nearest(candidates, k, 0.5, before, least))


def test_a_single_query_says_which_items_it_reaches() -> None:
    history = histories({0: 0.5, 1: 1.0})
    for _ in range(2):  # and leaves nothing behind for the next one
        reached, scores = sessions.reach(history, INDEX, PLAIN)
        assert sorted(reached.tolist()) == [0, 1, 2, 3]
        np.testing.assert_array_equal(scores, sessions.score_sessions(history, INDEX, PLAIN)[0, reached])
