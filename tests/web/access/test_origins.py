"""Web origins as people write them."""

import pytest

from aisle.shop.errors import InputError, SettingsError
from aisle.web.access.origins import check_origin, note_for_start


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://shop.example", "https://shop.example"),
        ("HTTPS://Shop.Example:443", "https://shop.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_origin_is_written_as_browsers_do(text: str, origin: str) -> None:
    assert check_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    ["", "*", "null", "shop.example", "https://shop.example/", "ftp://a", "https://", "https://a:b", "https://u@a"],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no web origin"):
        check_origin(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_without_keys_this_machine_is_told_so(host: str) -> None:
    assert "No keys and no people yet" in (note_for_start(host, is_locked=False) or "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "shop.example"])
def test_without_keys_other_machines_are_not_served(host: str) -> None:
    assert note_for_start(host, is_locked=True) is None
    with pytest.raises(SettingsError, match="aisle keys create"):
        note_for_start(host, is_locked=False)
