"""What the page shows of a shopper, and what it does without."""

from pathlib import Path

import pytest

from aisle.app.serve import Live
from aisle.app.serving.shelf import HistoryLine
from aisle.app.settings import Settings
from aisle.ingest.api import parse_events
from aisle.shop.errors import DatabaseUnavailable, InputError, NoModel
from aisle.web.app import create_app
from aisle.web.shopper import MORE_SHELVES, SHELF_ITEMS, look_up, suggestions
from tests.web.clients import client_of

VIEW = b'{"event": "view_item", "user_id": "user-0", "item_id": "tea-1"}'


def test_other_shelves_are_shown_if_they_are_what_they_promise(live: Live) -> None:
    assert "recently-viewed" not in {shelf.placement for shelf in look_up(live, "user-0").more}
    live.accept(parse_events(VIEW))
    assert "recently-viewed" in {shelf.placement for shelf in look_up(live, "user-0").more}


@pytest.mark.parametrize(("strategy", "error"), [("svd", NoModel), ("similar", InputError)])
def test_a_shelf_that_cannot_be_filled_is_skipped(folder: Path, strategy: str, error: type[Exception]) -> None:
    settings = Settings.read(folder, placements={"recently-viewed": {"strategy": strategy}})
    with Live(settings) as live:
        live.accept(parse_events(VIEW))
        with pytest.raises(error):
            live.recommend("user-0", placement="recently-viewed")
        shopper = look_up(live, "user-0")
        answer = client_of(create_app(live)).get("/?user_id=user-0")
    assert shopper.shelf is not None
    assert len(shopper.shelf.items) == SHELF_ITEMS
    assert "because-you-viewed" in {shelf.placement for shelf in shopper.more}
    assert "recently-viewed" not in {shelf.placement for shelf in shopper.more}
    assert answer.status_code == 200
    assert MORE_SHELVES["recently-viewed"] not in answer.text


def test_the_newest_rating_of_an_item_counts(live: Live) -> None:
    live.feedback("rater", "tea-1", 5)
    live.feedback("rater", "tea-1", 2)
    assert look_up(live, "rater").stars == {"tea-1": 2}


def test_before_training_there_is_a_problem_instead_of_a_shelf(untrained_folder: Path) -> None:
    with Live(Settings.read(untrained_folder)) as live:
        shopper = look_up(live, "user-0")
    assert (shopper.shelf, len(shopper.history or [])) == (None, 6)
    assert "aisle train" in (shopper.problem or "")


class Away(Live):
    """A shop whose database has gone away after its model was loaded."""

    def history(self, user_id: str, n: int = 10) -> list[HistoryLine]:
        raise DatabaseUnavailable("the database does not answer")

    def suggestions(self, n: int = 3) -> list[str]:
        raise DatabaseUnavailable("the database does not answer")


def test_without_its_database_a_shop_still_has_a_shelf(folder: Path) -> None:
    with Away(Settings.read(folder)) as live:
        shopper = look_up(live, "user-0")
        assert suggestions(live) == []
    assert shopper.history is None
    assert shopper.shelf is not None
    assert len(shopper.shelf.items) == SHELF_ITEMS
