from aisle.shop.columns import REVIEWS
from aisle.storage import reviews
from aisle.storage.connection import Database
from aisle.storage.rows import Stored
from tests.storage.samples import START, row


def test_a_review_is_stored_once_and_comes_back_as_it_was(db: Database) -> None:
    full = row("reviews", review_id="r", user_id="u", item_id="i", rating=5.0, title="Good", text="", timestamp=START)
    assert reviews.store(db, [full, row("reviews", review_id="r2", item_id="i")]) == Stored(2, 0)
    assert reviews.store(db, [full]) == Stored(0, 1)
    (frame,) = reviews.stream(db, list(REVIEWS))
    assert frame.rows()[0] == full
