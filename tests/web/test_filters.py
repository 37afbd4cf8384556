"""How the page writes items and values."""

import pytest

from aisle.web.filters import TINTS, address, initials, picture, tint


def test_an_address_holds_any_id() -> None:
    assert address("a&b=c/ü") == "/?user_id=a%26b%3Dc%2F%C3%BC"


@pytest.mark.parametrize(
    ("name", "letters"), [("Red enamel mug", "RE"), ("mug", "M"), ("'n' Co.", "NC"), ("😀!", "?"), ("éclair", "É")]
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize("url", ["https://a/b.png", "http://a/b.png", "/b.png"])
def test_a_picture_on_the_web_or_here_is_shown(url: str) -> None:
    assert picture(url) == url


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "data:text/html,x", "//a/b.png", "b.png"])
def test_any_other_picture_is_not(url: str | None) -> None:
    assert picture(url) is None


def test_equal_categories_have_equal_tints() -> None:
    assert tint("Tea") == tint("Tea")
    assert {tint(str(number)) for number in range(200)} == {f"tint-{number}" for number in range(TINTS)}
