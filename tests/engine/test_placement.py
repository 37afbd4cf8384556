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
    base = ShelfQuery.of_events(ShelfRequest(n=n, cart=cart), [], model, catalogue)
    context = base.context._replace(excluded=np.append(base.context.excluded, np.array(excluded, np.int32)))
    return replace(base, context=context)


def placed(*proposals: Proposal, n: int = 3, excluded: tuple[int, ...] = (), rules: Rules | None = None) -> PlacedShelf:
    placement = Placement("home", STRATEGIES[PERSONAL], rules=rules or Rules())
    return place(placement, query(n=n, excluded=excluded), proposals)


def test_proposed_items_come_first_and_popular_items_fill_the_shelf_unscored() -> None:
    shelf = placed(proposal(7, 5))
    assert shelf.items.tolist() == [7, 5, 0]
    assert np.isnan(shelf.scores).tolist() == [False, False, True]


def test_a_shelf_that_says_what_its_items_are_is_not_filled() -> None:
    assert placed(proposal(7, 5, may_be_filled=False)).items.tolist() == [7, 5]


def test_popular_items_further_down_fill_a_shelf_if_the_first_are_excluded() -> None:
    assert placed(proposal(7), excluded=tuple(range(200))).items.tolist() == [200, 201, 202]


@pytest.mark.parametrize("may_be_filled", [True, False])
def test_a_shelf_that_rules_leave_short_is_filled_from_further_down(may_be_filled: bool) -> None:
    few = replace(proposal(7, 5, may_be_filled=may_be_filled), more=lambda: proposal(7, 5, 200, 201))
    assert placed(few, n=2).items.tolist() == [7, 5]
    assert placed(few, n=2, excluded=(5,)).items.tolist() == [7, 200]
    assert placed(few, proposal(9, fallback=POPULAR), n=2, excluded=(5, 7)).items.tolist() == [200, 201]


@pytest.mark.parametrize("may_be_filled", [True, False])
def test_the_next_proposal_is_used_if_nothing_of_the_first_may_be_shown(may_be_filled: bool) -> None:
    shelf = placed(proposal(7, may_be_filled=may_be_filled), proposal(5, fallback=POPULAR), n=1, excluded=(7,))
    assert shelf.proposal.fallback is POPULAR
    assert shelf.items[0] == 5


def test_a_shop_with_nothing_to_show_has_an_empty_shelf() -> None:
    assert len(placed(proposal(7), excluded=tuple(range(ITEMS))).items) == 0


def test_an_unknown_id_is_never_shown_even_if_it_is_pinned() -> None:
    assert placed(proposal(7), n=2, rules=Rules(pins=("no such item", "i5"))).items.tolist() == [5, 7]


def test_the_item_that_a_shelf_follows_from_is_not_on_it() -> None:
    shelf = placed(replace(proposal(7, 5), because=7))
    assert 7 not in shelf.items


def test_the_rule_that_dropped_a_candidate_is_named() -> None:
    shelf = placed(proposal(7, 5), rules=Rules(exclude=("i7",)))
    assert shelf.dropped_by() == {7: "exclude"}


def test_the_cart_is_not_on_its_own_shelf() -> None:
    shelf = place(Placement("cart", strategy_named("cart")), query(cart=("i7",)), [proposal(7, 5)])
    assert 7 not in shelf.items


SHARES = Rules(seen_share=0.3, repeat_share=0.5)


def with_context(base: ShelfQuery, **known: list[int]) -> ShelfQuery:
    arrays = {name: np.array(items, np.int32) for name, items in known.items()}
    return replace(base, context=base.context._replace(**arrays))  # type: ignore[arg-type]


def test_what_the_shopper_has_seen_gets_its_share_of_places_and_no_more() -> None:
    seen = with_context(query(n=10), seen=[50, 51, 52, 53, 54])
    shelf = place(Placement("home", STRATEGIES[PERSONAL], rules=SHARES), seen, [proposal(50, 51, 52, 53, 54, 60)])
    assert shelf.items[:4].tolist() == [50, 51, 52, 60]
    assert len(shelf.items) == 10
    assert shelf.dropped_by() == {53: "seen_share", 54: "seen_share"}


def test_what_is_owned_gets_a_share_and_only_what_is_due() -> None:
    owner = with_context(query(n=4), owned=[50, 51, 52, 53], not_due=[50])
    shelf = place(Placement("home", STRATEGIES[PERSONAL], rules=SHARES), owner, [proposal(50, 51, 52, 53)])
    assert shelf.items.tolist() == [51, 52, 0, 1]
    assert shelf.dropped_by() == {50: "not_due", 53: "repeat_share"}


def test_the_share_of_repeats_is_what_training_learnt_where_it_is_left_to_it() -> None:
    owner = with_context(query(n=4), owned=[50, 51, 52])
    owner = replace(owner, context=owner.context._replace(repeat_share=0.25))
    rules = Rules(repeat_share="auto")
    shelf = place(Placement("home", STRATEGIES[PERSONAL], rules=rules), owner, [proposal(50, 51, 52)])
    assert shelf.items.tolist() == [50, 0, 1, 2]


def test_a_shopper_who_has_seen_everything_gets_that_rather_than_nothing() -> None:
    everything = with_context(query(n=3), seen=list(range(ITEMS)))
    shelf = place(Placement("home", STRATEGIES[PERSONAL], rules=SHARES), everything, [proposal(7, 5)])
    assert shelf.items.tolist() == [7, 5, 0]
