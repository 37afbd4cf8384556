from dataclasses import replace

import numpy as np
import pytest

from aisle.engine.placement import PlacedShelf, Placement, place
from aisle.engine.proposals import POPULAR, Fallback, Proposal
from aisle.engine.query import NoCatalogue, ShelfQuery
from aisle.engine.recipe import PERSONAL
from aisle.engine.request import ShelfRequest
from aisle.engine.shelf.rules import Rules
from aisle.engine.strategies import STRATEGIES, strategy_named
from aisle.engine.vocabulary import RequestVocabulary
from tests.engine.shops import no_items, popular_model

ITEMS = 300
"""Item 0 is the most popular, then item 1, and so on."""


def proposal(*items: int, fallback: Fallback | None = None, may_be_filled: bool = True) -> Proposal:
    scores = np.arange(len(items), 0, -1).astype(np.float32)
    return Proposal(np.array(items, np.int32), scores, fallback, may_be_filled=may_be_filled)


def query(*, n: int = 3, excluded: tuple[int, ...] = (), cart: tuple[str, ...] = ()) -> ShelfQuery:
    model = popular_model(ITEMS)
    catalogue = NoCatalogue(RequestVocabulary(model.items), no_items())
    asked = ShelfQuery.of_events(ShelfRequest(n=n, cart=cart), [], model, catalogue)
    context = replace(asked.context, excluded=np.append(asked.context.excluded, np.array(excluded, np.int32)))
    return replace(asked, context=context)


def placed(*proposals: Proposal, n: int = 3, excluded: tuple[int, ...] = (), rules: Rules | None = None) -> PlacedShelf:
    placement = Placement("home", STRATEGIES[PERSONAL], rules=rules or Rules())
    return place(placement, query(n=n, excluded=excluded), proposals)


def test_proposed_items_come_first_and_popular_items_fill_the_shelf_unscored() -> None:
    shelf = placed(proposal(7, 5))
    assert shelf.items.tolist() == [7, 5, 0]
    assert np.isnan(shelf.scores).tolist() == [False, False, True]


def test_a_shelf_that_says_what_its_items_are_is_not_filled() -> None:
    assert placed(proposal(7, 5, may_be_filled=False)).items.tolist() == [7, 5]


def test_popular_items_are_looked_through_further_down() -> None:
    assert placed(proposal(7), excluded=tuple(range(200))).items.tolist() == [200, 201, 202]


@pytest.mark.parametrize("may_be_filled", [True, False])
def test_the_next_proposal_stands_in_where_nothing_of_the_first_may_stand(may_be_filled: bool) -> None:
    shelf = placed(proposal(7, may_be_filled=may_be_filled), proposal(5, fallback=POPULAR), n=1, excluded=(7,))
    assert shelf.proposal.fallback is POPULAR
    assert shelf.items[0] == 5


def test_a_shop_with_nothing_to_show_has_an_empty_shelf() -> None:
    assert len(placed(proposal(7), excluded=tuple(range(ITEMS))).items) == 0


def test_an_id_that_nobody_knows_is_never_shown_even_if_it_is_pinned() -> None:
    assert placed(proposal(7), n=2, rules=Rules(pins=("no such item", "i5"))).items.tolist() == [5, 7]


def test_the_item_that_a_shelf_follows_from_is_not_on_it() -> None:
    shelf = placed(replace(proposal(7, 5), because=7))
    assert 7 not in shelf.items


def test_the_rule_that_left_out_a_candidate_is_named() -> None:
    shelf = placed(proposal(7, 5), rules=Rules(exclude=("i7",)))
    assert shelf.dropped_by() == {7: "exclude"}


def test_the_cart_is_not_on_its_own_shelf() -> None:
    shelf = place(Placement("cart", strategy_named("cart")), query(cart=("i7",)), [proposal(7, 5)])
    assert 7 not in shelf.items
