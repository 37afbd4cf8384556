"""A rating of this moment."""

import pytest

from aisle.app.serving.ratings import check_rating, rating_event
from aisle.shop import columns
from aisle.shop.errors import InputError
from aisle.storage.log.writer import STORED, Outcome

SCALE = (1.0, 5.0)


def test_it_is_an_event_with_an_id_of_its_own() -> None:
    one, other = (dict(zip(columns.EVENTS, rating_event("anna", "tea", 4, SCALE), strict=True)) for _ in range(2))
    assert (one["event"], one["user_id"], one["item_id"], one["rating"]) == ("rate", "anna", "tea", 4.0)
    assert one["event_id"] != other["event_id"]


def test_a_rating_off_the_scale_is_refused() -> None:
    with pytest.raises(InputError, match="6"):
        rating_event("anna", "tea", 6, SCALE)


def test_a_rating_that_was_rejected_is_told() -> None:
    check_rating("anna", [STORED])
    with pytest.raises(InputError, match="'anna' was not stored: erased"):
        check_rating("anna", [Outcome("rejected", "erased")])
