import threading

from aisle.app.serving.cache import Cache


def test_the_oldest_values_make_room() -> None:
    cache: Cache[str, int] = Cache(2)
    for number, key in enumerate("abc"):
        cache.put(key, number)
    assert [cache.get(key) for key in "abc"] == [None, 1, 2]


def test_a_value_that_is_put_again_counts_once_and_is_new() -> None:
    cache: Cache[str, int] = Cache(2)
    for key in "abac":
        cache.put(key, 0)
    assert [cache.get(key) for key in "abc"] == [0, None, 0]


def test_heavy_values_make_room_by_their_weight() -> None:
    cache: Cache[str, list[int]] = Cache(10, len)
    cache.put("a", [0] * 4)
    cache.put("b", [0] * 4)
    cache.put("c", [0] * 6)
    assert [cache.get(key) is not None for key in "abc"] == [False, True, True]


def test_a_value_heavier_than_the_cache_is_not_kept() -> None:
    cache: Cache[str, list[int]] = Cache(3, len)
    cache.put("a", [0] * 4)
    assert cache.get("a") is None


def test_threads_share_a_cache() -> None:
    cache: Cache[int, int] = Cache(50)

    def fill(start: int) -> None:
        for number in range(start, start + 500):
            cache.put(number, number)

    threads = [threading.Thread(target=fill, args=(start,)) for start in (0, 250, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(cache.get(number) is not None for number in range(1500)) == 50
