"""Passwords: what is stored of one, and whether another is the same."""

import pytest

from aisle.shop.errors import InputError
from aisle.shop.passwords import COST, LONGEST, Cost, hash_password, is_password

CHEAP = Cost(2, 1, 1)
PASSWORD = "correct horse battery"


def test_a_password_is_known_again_and_no_other_is() -> None:
    stored = hash_password(PASSWORD)
    assert stored.startswith(f"scrypt${COST.n}${COST.r}${COST.p}$")
    assert PASSWORD not in stored
    assert is_password(PASSWORD, stored)
    assert not is_password(PASSWORD + " ", stored)


def test_the_same_password_is_stored_differently_each_time_and_at_its_own_cost() -> None:
    one, other = (hash_password(PASSWORD, CHEAP) for _ in range(2))
    assert one != other
    assert is_password(PASSWORD, one)
    assert is_password(PASSWORD, other)


def test_a_letter_with_its_accent_is_one_letter() -> None:
    assert is_password("cafe\u0301 au lait noir", hash_password("caf\u00e9 au lait noir", CHEAP))


def test_what_nobody_has_is_no_password() -> None:
    assert not is_password(PASSWORD, None)


@pytest.mark.parametrize("length", [0, 11, LONGEST + 1])
def test_a_password_that_is_too_short_or_too_long_is_refused(length: int) -> None:
    with pytest.raises(InputError, match=f"has {length} characters; choose one of 12 to 1024"):
        hash_password("x" * length)


def test_what_is_longer_than_the_longest_is_wrong() -> None:
    stored = hash_password("x" * LONGEST, CHEAP)
    assert is_password("x" * LONGEST, stored)
    assert not is_password("x" * (LONGEST + 1), stored)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="not valid Unicode"):
        hash_password("\udcff" * 12, CHEAP)
