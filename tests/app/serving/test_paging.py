import pytest

from aisle.app.serve import Live
from aisle.shop.errors import NotFound


def test_a_kept_shelf_comes_back_as_it_was(live: Live) -> None:
    shelf = live.recommend("user-0", 5)
    live.paged.keep(shelf, "user-0", None)
    assert live.paged.find(shelf.recommendation_id, "user-0", None) == shelf


@pytest.mark.parametrize("shopper", [("user-1", None), ("user-0", "session"), (None, None)])
def test_the_pages_of_somebody_else_are_not_found(live: Live, shopper: tuple[str | None, str | None]) -> None:
    shelf = live.recommend("user-0", 5)
    live.paged.keep(shelf, "user-0", None)
    with pytest.raises(NotFound, match=r"go on with; ask for offset=0"):
        live.paged.find(shelf.recommendation_id, *shopper)
