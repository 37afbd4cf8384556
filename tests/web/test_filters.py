"""How pages write items and addresses."""

import pytest

from aisle.web.filters import item_address, picture


def test_an_address_holds_any_id_and_says_where_it_was_clicked() -> None:
    assert item_address("a&b=c/ü", {}) == "/item?item_id=a%26b%3Dc%2F%C3%BC"
    assert item_address("a", {"placement": "cart"}) == "/item?item_id=a&placement=cart"


@pytest.mark.parametrize("url", ["https://a/b.png", "http://a/b.png", "/b.png"])
def test_a_picture_on_the_web_or_here_is_shown(url: str) -> None:
    assert picture(url) == url


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "data:text/html,x", "//a/b.png", "b.png"])
def test_any_other_picture_is_not(url: str | None) -> None:
    assert picture(url) is None
