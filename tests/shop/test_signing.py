"""Ids that only this shop can make."""

import pytest

from aisle.shop.signing import is_signed, new_recommendation_id

KEY = b"k" * 32


def test_an_id_is_new_each_time_and_known_again() -> None:
    ids = {new_recommendation_id(KEY) for _ in range(100)}
    assert len(ids) == 100
    assert all(is_signed(KEY, id_) for id_ in ids)


@pytest.mark.parametrize("forged", ["", "x", "0" * 36, "ü" * 36, "\x00"])
def test_a_made_up_id_is_told_apart(forged: str) -> None:
    assert not is_signed(KEY, forged)


def test_an_id_of_another_shop_or_changed_is_told_apart() -> None:
    signed = new_recommendation_id(KEY)
    assert not is_signed(b"o" * 32, signed)
    assert not is_signed(KEY, signed[:-1] + ("0" if signed[-1] != "0" else "1"))
    assert not is_signed(KEY, ("0" if signed[0] != "0" else "1") + signed[1:])
