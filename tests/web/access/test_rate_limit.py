"""Buckets of calls."""

import pytest

from aisle.web.access import rate_limit
from aisle.web.access.rate_limit import RateLimit


def test_a_bucket_fills_up_again() -> None:
    now = 0.0
    limit = RateLimit(0.2, lambda: now)
    assert [limit.wait("a") for _ in range(4)] == [0, 0, 5, 5]
    assert limit.wait("b") == 0
    now = 5.0
    assert [limit.wait("a") for _ in range(2)] == [0, 5]


def test_zero_is_no_limit() -> None:
    limit = RateLimit(0)
    assert not any(limit.wait("a") for _ in range(1000))


def test_addresses_that_call_no_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "ADDRESSES", 1)
    limit = RateLimit(0.1, lambda: 0.0)
    assert [limit.wait(address) for address in ("a", "a", "b", "a")] == [0, 10, 0, 0]
