import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from aisle.kernels.threads import all_cores, blocks, even_blocks, share_out, share_out_rows
from aisle.kernels.topn import top_rows


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_blas_has_one_thread_inside_and_its_own_again_after() -> None:
    before = blas_threads()
    with all_cores():
        assert blas_threads() == {1}
        with all_cores():
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == before


def test_blas_has_its_threads_again_after_an_error() -> None:
    before = blas_threads()
    with pytest.raises(ZeroDivisionError), all_cores():
        raise ZeroDivisionError
    assert blas_threads() == before
    with all_cores():
        assert blas_threads() == {1}


def test_one_thread_at_a_time() -> None:
    inside = threading.Event()

    def enter() -> None:
        with all_cores():
            inside.set()

    with all_cores():
        other = threading.Thread(target=enter)
        other.start()
        assert not inside.wait(0.05)
    other.join()
    assert inside.is_set()


def test_work_comes_back_in_order() -> None:
    assert share_out(lambda start, stop: (start, stop), [0, 3, 4, 9]) == [(0, 3), (3, 4), (4, 9)]


def test_rows_are_worked_off_at_once_where_the_cores_are_shared_already() -> None:
    calls = list[tuple[int, int]]()

    def outer(start: int, stop: int) -> None:
        share_out_rows(lambda first, past: calls.append((first, past)), [start, start + 1, stop])

    share_out(outer, [0, 5, 9])
    assert sorted(calls) == [(0, 5), (5, 9)]
    calls.clear()
    outer(0, 5)
    assert sorted(calls) == [(0, 1), (1, 5)]


@pytest.mark.parametrize("bounds", [[], [0]])
def test_no_work(bounds: list[int]) -> None:
    assert share_out(lambda start, stop: (start, stop), bounds) == []


def test_an_error_in_one_block_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        share_out(lambda start, stop: stop // start, [0, 1, 2])


def test_many_threads_may_call_kernels() -> None:
    scores = np.random.default_rng(0).random((50, 40), np.float32)
    nothing = (np.zeros(51, np.int64), np.zeros(0, np.int32))
    expected, _ = top_rows(scores, 5, *nothing)
    with ThreadPoolExecutor(8) as pool:
        for ranked, _ in pool.map(lambda _: top_rows(scores, 5, *nothing), range(64)):
            np.testing.assert_array_equal(ranked, expected)


def test_blocks_have_a_size() -> None:
    assert blocks(7, 3) == [0, 3, 6, 7]
    assert blocks(6, 3) == [0, 3, 6]
    assert blocks(0, 3) == [0]


def test_even_blocks_are_about_the_same_work() -> None:
    work = np.cumsum([0, 1, 1, 10, 1, 1, 1, 5])
    assert even_blocks(work, 5) == [0, 3, 6, 7]
    assert even_blocks(work, 100) == [0, 7]


def test_rows_without_work_are_in_a_block_too() -> None:
    assert even_blocks(np.array([0, 2, 2, 2]), 1) == [0, 1, 3]
    assert even_blocks(np.zeros(4, np.int64), 1) == [0, 3]
    assert even_blocks(np.zeros(1, np.int64), 1) == [0]


def test_a_single_stretch_waits_for_no_other_work() -> None:
    """It is worked off in the calling thread, while another thread holds all cores."""
    with all_cores():
        pool = ThreadPoolExecutor(1)
        alone = pool.submit(share_out, lambda start, stop: (start, stop), [0, 5])
        assert alone.result(10) == [(0, 5)]
        pool.shutdown()


def test_parts_of_shared_work_are_not_shared_out_again() -> None:
    """Threads that wait for threads of their own pool would wait for ever."""

    def sum_of_parts(start: int, stop: int) -> int:
        return sum(share_out(lambda first, last: last - first, list(range(start, stop + 1))))

    shared = ThreadPoolExecutor(1).submit(share_out, sum_of_parts, [0, 30, 50, 90, 100])
    assert shared.result(10) == [30, 20, 40, 10]
