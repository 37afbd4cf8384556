"""Secrets at rest."""

import pytest

from aisle.app.data.sealing import seal, unseal
from aisle.shop.errors import SettingsError

KEY = "0123456789abcdef" * 4


def test_what_is_sealed_is_read_with_its_key_alone() -> None:
    sealed = seal("us_secret", KEY)
    assert b"us_secret" not in sealed
    assert unseal(sealed, KEY) == "us_secret"
    with pytest.raises(SettingsError, match="did not seal"):
        unseal(sealed, KEY[::-1])


@pytest.mark.parametrize("key", [None, "", "short"])
def test_without_a_key_nothing_is_sealed(key: str | None) -> None:
    with pytest.raises(SettingsError, match="AISLE_SERVE__SEALING_KEY"):
        seal("us_secret", key)
