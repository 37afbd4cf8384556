"""The way of one item to one shelf, step by step, whatever fills the shelf: where it ends, and why."""

from typing import NamedTuple

import numpy as np

from aisle.app.serve import Live
from aisle.app.serving.catalogue import LiveCatalogue
from aisle.app.serving.placements import with_rules
from aisle.app.serving.profiles import Profile
from aisle.app.serving.why import Why, why
from aisle.engine.model import TrainedModel
from aisle.engine.placement import PlacedShelf, Placement, place
from aisle.engine.proposals import Ints
from aisle.engine.query import ShelfQuery
from aisle.engine.request import ShelfRequest
from aisle.engine.shelf.attributes import ItemAttributes
from aisle.engine.shelf.filters import Drop, dropped
from aisle.engine.shelf.rules import BoundRules, bind
from aisle.shop.errors import InputError, NotFound


class Step(NamedTuple):
    """A step on the way to a shelf."""

    name: str
    passed: bool
    says: str


class Way(NamedTuple):
    """How far an item comes."""

    item_id: str
    name: str
    steps: list[Step]
    """In their order; the last one is where it ends."""
    place: int | None
    """Its place on the shelf, from 1."""
    why: Why | None
    """What a ranking model makes of it; None where none ranks, or it knows nothing of the shopper or the item."""

    @property
    def verdict(self) -> str:
        """Where it ends, in a sentence."""
        return self.steps[-1].says


def way(live: Live, request: ShelfRequest, profile: Profile, model: TrainedModel, item_id: str) -> Way:
    """Follow one item on its way to the shelf that a request asks for.

    Raises
    ------
    NotFound
        If there is no such placement.
    InputError
        If the placement is about an item, and none is named.
    NoModel
        If the model lacks what fills the placement.
    """
    seen = live.experiment_watch.seen_by(live.placements, request, model)
    placement = with_rules(seen.placement, request.rules)
    query, catalogue = live.query(request, placement, profile, seen.model)
    number = catalogue.vocabulary.number(item_id)
    items = np.array([number], np.int32)
    catalogue.withdraw(items)
    shelf = place(placement, query, placement.strategy.propose(query))
    steps = list[Step]()
    if seen.is_holdout:
        empty = Step("The shelf is filled", False, "An experiment keeps it empty for this shopper, on purpose.")
        return Way(item_id, catalogue.name(item_id), [empty], None, None)
    for step in _steps(placement, query, catalogue, shelf, number):
        steps.append(step)
        if not step.passed:
            break
    places = np.flatnonzero(shelf.items == number)
    stands = 1 + int(places[0]) if len(places) else None
    told = _why(placement, query, catalogue, request.user_id, item_id)
    return Way(item_id, catalogue.name(item_id), steps, stands, told)


def _steps(
    placement: Placement, query: ShelfQuery, catalogue: LiveCatalogue, shelf: PlacedShelf, item: int
) -> list[Step]:
    """Return every step, also those after one that it does not pass."""
    items = np.array([item], np.int32)
    attributes = catalogue.attributes(items)
    rules = bind(placement.rules, catalogue.vocabulary)
    pinned = bool(np.isin(item, rules.pins).any())
    return [
        _is_known(query, catalogue, item, pinned=pinned),
        _is_for_sale(attributes),
        _is_proposed(placement, shelf, item, pinned=pinned),
        _passes_rules(query, rules, attributes, shelf, items),
        _has_a_place(query, shelf, item),
    ]


def _is_known(query: ShelfQuery, catalogue: LiveCatalogue, item: int, *, pinned: bool) -> Step:
    known, name = item < len(query.model.items), f"Model {query.model.version} knows it"
    listed = bool(catalogue.listed(np.array([item], np.int32))[0])
    if known or pinned:
        return Step(name, True, "It is among the items of the model." if known else "It is pinned, known or not.")
    if listed:
        return Step(name, True, "It came after the training: only pins, new arrivals and recent views can show it.")
    return Step(
        name, False, "Neither the catalogue nor the model knows an item of this id; check its spelling, or import it."
    )


def _is_for_sale(attributes: ItemAttributes) -> Step:
    problem = (
        "It is hidden." if attributes.hidden[0]
        else "It is sold out." if attributes.sold_out[0]
        else "It is not on sale yet." if attributes.to_come[0]
        else None
    )  # fmt: skip
    return Step("It can be sold now", problem is None, problem or "Nothing in the catalogue speaks against it.")


def _is_proposed(placement: Placement, shelf: PlacedShelf, item: int, *, pinned: bool) -> Step:
    name, fallback = f"The strategy {placement.strategy.name} proposes it", shelf.proposal.fallback
    instead = "" if fallback is None else f" {fallback.sentence}"
    ranks = np.flatnonzero(shelf.proposal.items == item)
    if len(ranks):
        return Step(name, True, f"It is proposal {ranks[0] + 1} of {len(shelf.proposal.items)}.{instead}")
    if pinned:
        return Step(name, True, "It is pinned, proposed or not.")
    if item in shelf.candidates:
        return Step(name, True, f"It is not proposed, but popular enough to fill the shelf up.{instead}")
    return Step(name, False, f"It is not among the {len(shelf.proposal.items)} proposals.{instead}")


def _passes_rules(
    query: ShelfQuery, rules: BoundRules, attributes: ItemAttributes, shelf: PlacedShelf, items: Ints
) -> Step:
    by = shelf.dropped_by().get(int(items[0])) if items[0] in shelf.candidates else None
    if by is None and items[0] not in shelf.candidates:
        drop = Drop(int(dropped(items, attributes, rules, query.context)[0]))
        by = None if drop is Drop.KEPT else drop.rule
    if by is None:
        return Step("The rules let it stand", True, "No rule of the placement leaves it out.")
    return Step("The rules let it stand", False, f"The rule {by} leaves it out.")


def _has_a_place(query: ShelfQuery, shelf: PlacedShelf, item: int) -> Step:
    places = np.flatnonzero(shelf.items == item)
    if len(places):
        return Step("It has a place", True, f"It stands on place {places[0] + 1} of {len(shelf.items)}.")
    return Step("It has a place", False, f"It stood behind the {query.n} places of the shelf.")


def _why(
    placement: Placement, query: ShelfQuery, catalogue: LiveCatalogue, user_id: str | None, item_id: str
) -> Why | None:
    try:
        return why(placement, query, catalogue, user_id or "", item_id)
    except (InputError, NotFound):
        return None
