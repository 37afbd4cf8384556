import threading

import numpy as np

from aisle.kernels import scratch


def test_the_same_array_is_lent_again_and_a_larger_one_takes_its_place() -> None:
    first = scratch.zeros(10, np.int32)
    assert first.tolist() == [0] * 10
    assert np.shares_memory(scratch.zeros(4, np.int32), first)
    assert not np.shares_memory(scratch.zeros(4, np.float32), first)
    assert len(scratch.zeros(10**5, np.int32)) == 10**5
    assert not np.shares_memory(scratch.zeros(10, np.int32), first)


def test_each_thread_has_its_own() -> None:
    mine, theirs = scratch.zeros(10, np.int32), []
    thread = threading.Thread(target=lambda: theirs.append(scratch.zeros(10, np.int32)))
    thread.start()
    thread.join()
    assert not np.shares_memory(mine, theirs[0])
