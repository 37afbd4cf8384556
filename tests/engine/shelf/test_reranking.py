from typing import Any, NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import attributes_of_rows
from aisle.engine.shelf.filters import Drop, RequestContext
from aisle.engine.shelf.groups import Group
from aisle.engine.shelf.long_tail import exposure
from aisle.engine.shelf.reranking import rerank
from aisle.engine.shelf.rules import BoundRules, with_pins
from aisle.shop.facts import ItemFacts
from aisle.shop.moments import DAY
from tests.engine.products import NOW, bound, falling, known, numbers, product

ITEMS = 12
"""As many items as the shop of the property tests has; the last two are no candidates unless pinned."""

ids = st.sampled_from([str(number) for number in range(ITEMS)] + ["gone"])
boosts = st.sampled_from(
    [
        "category:A",
        "category:A > B",
        "category:Z",
        "brand:Acme",
        "brand:none",
        "price:2..6",
        *(f"item:{number}" for number in range(ITEMS)),
    ]
)
share = st.sampled_from([0.0, 0.3, 1.0])


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    pins = draw(st.lists(ids, max_size=4, unique=True))
    others = st.sampled_from(["brand:Acme", "category:A", "price:..6", *map(str, range(ITEMS))])
    locked = draw(st.lists(others.filter(lambda name: name not in pins), max_size=3, unique=True))
    places = draw(st.lists(st.integers(1, 12), min_size=len(locked), max_size=len(locked), unique=True))
    held = {*pins, *locked}
    drawn = st.fixed_dictionaries(
        {
            "pins": st.just(pins),
            "locks": st.just(dict(zip(locked, places, strict=True))),
            "exclude": st.lists((ids | st.just("brand:Zen")).filter(lambda name: name not in held), max_size=3),
            "boosts": st.dictionaries(boosts, st.sampled_from([0.001, 0.5, 2.0, 1000.0]), max_size=4),
            "overstock_boost": st.sampled_from([0.0, 1.0, 1000.0]),
            "diversity": share,
            "long_tail": share,
            "one_per_group": st.booleans(),
        },
        optional={
            "price_min": st.sampled_from([0.0, 5.0]),
            "price_max": st.sampled_from([5.0, 20.0]),
            "categories": st.sampled_from([["A"], ["D", "A > B"], ["Z"]]),
            "brands": st.sampled_from([["Acme"], ["Acme", "Zen"], ["none"]]),
            "not_bought_within_days": st.sampled_from([1, float("inf")]),
        },
    )
    return draw(drawn)


def choose(rng: np.random.Generator, values: list[Any], count: int) -> list[Any]:
    return [values[place] for place in rng.integers(len(values), size=count)]


def random_shop(rng: np.random.Generator) -> list[ItemFacts | None]:
    """Return products that may be anything; every tenth is not in the catalogue."""
    columns: dict[str, list[Any]] = {
        "category": choose(rng, [None, "A", "A > B", "A > B > C", "D"], ITEMS),
        "brand": choose(rng, [None, "Acme", "Zen"], ITEMS),
        "item_group_id": choose(rng, [None, "g", "h"], ITEMS),
        "price": choose(rng, [None, 0, 5_000_000, 12_500_000], ITEMS),
        "stock": choose(rng, [None, -1, 0, 1, 700], ITEMS),
        "in_stock": choose(rng, [None, None, True, False], ITEMS),
        "available_from": choose(rng, [None, None, NOW - 1, NOW + 1], ITEMS),
        "hidden": choose(rng, [None, None, False, True], ITEMS),
    }
    in_catalogue = rng.random(ITEMS) < 0.9
    rows = zip(*columns.values(), strict=True)
    return [
        product(**dict(zip(columns, row, strict=True))) if is_known else None
        for is_known, row in zip(in_catalogue, rows, strict=True)
    ]


class Reranked(NamedTuple):
    """A shelf as `rerank` makes it, with what stands there."""

    items: NDArray[np.int32]
    scores: NDArray[np.float32]
    places: NDArray[np.intp]
    drops: NDArray[np.int8]

    def rules(self) -> dict[int, str]:
        """Return the rule that left out each candidate, by place."""
        return {place: Drop(drop).rule for place, drop in enumerate(self.drops.tolist()) if drop > Drop.DOUBLE}


def reranked(items: NDArray[np.int32], scores: NDArray[np.float32], *others: Any, **named: Any) -> Reranked:
    places, drops = rerank(items, scores, *others, **named)
    return Reranked(items[places], scores[places], places, drops)


def some_items(rng: np.random.Generator, limit: int, among: int = ITEMS) -> NDArray[np.int32]:
    return rng.integers(among, size=rng.integers(limit + 1)).astype(np.int32)


def random_request(bound_rules: BoundRules, rng: np.random.Generator) -> dict[str, Any]:
    """Return what one shelf depends on, doubles among the candidates and NaN among the scores included."""
    candidates = some_items(rng, 15, ITEMS - 2)
    scores = choose(rng, [np.nan, -np.inf, -1e6, -2.0, 0.0, 0.5, 3.0, 1e6], len(candidates))
    items, with_nan = with_pins(candidates, np.array(scores, np.float32), bound_rules)
    sales = np.array(choose(rng, [0.0, 0.1, 5.0, np.nan], ITEMS), np.float32)
    bought = some_items(rng, 4)
    context = RequestContext(
        now=NOW,
        excluded=some_items(rng, 2),
        bought=bought,
        bought_at=NOW - DAY * np.arange(len(bought)),
        near_duplicates=choose(rng, [None, rng.random(len(items)) < 0.3], 1)[0],
    )
    usual = choose(rng, [np.nan, 2.0], 1)[0]
    return {
        "items": items,
        "scores": with_nan,
        "attributes": attributes_of_rows(random_shop(rng), NOW, sales, rng.random(ITEMS) < 0.5, usual).take(items),
        "rules": bound_rules,
        "n": int(rng.integers(1, 16)),
        "context": context,
        "vectors": choose(rng, [None, rng.normal(size=(len(items), 3)).astype(np.float32)], 1)[0],
    }


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Draw rules, which shrink to the few that matter, and a random shop and context."""
    return random_request(bound(ITEMS, **draw(rules())), np.random.default_rng(draw(st.integers(0, 2**32))))


@settings(max_examples=200)
@given(rules(), st.integers(0, 2**32))
def test_no_rules_show_an_unavailable_item(settings_of_rules: dict[str, Any], seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(10):
        request = random_request(bound(ITEMS, **settings_of_rules), rng)
        shelf = reranked(**request)
        assert request["attributes"].available[shelf.places].all()


@given(requests())
def test_a_shelf_holds_each_item_once_and_at_most_n_items(request: dict[str, Any]) -> None:
    shelf = reranked(**request)
    assert len(set(shelf.items.tolist())) == len(shelf.items) <= request["n"]
    np.testing.assert_array_equal(shelf.items, request["items"][shelf.places])
    np.testing.assert_array_equal(shelf.scores, request["scores"][shelf.places])


@given(requests())
def test_dropped_candidates_are_not_shown_and_the_others_fill_the_shelf(request: dict[str, Any]) -> None:
    shelf = reranked(**request)
    kept = int((shelf.drops == Drop.KEPT).sum())
    assert (shelf.drops[shelf.places] == Drop.KEPT).all()
    assert len(shelf.items) == min(kept, request["n"])


@given(requests())
def test_no_rule_brings_back_an_excluded_item(request: dict[str, Any]) -> None:
    shown = reranked(**request).items
    assert not np.isin(shown, request["rules"].exclude).any()
    for group in request["rules"].excluded_groups:
        assert not group.of(request["attributes"])[np.isin(request["items"], shown)].any()
    assert not np.isin(shown, request["context"].excluded).any()


@given(requests())
def test_available_items_stand_where_locks_and_pins_say(request: dict[str, Any]) -> None:
    shelf = reranked(**request)
    dropped = set(request["items"][shelf.drops > Drop.DOUBLE].tolist())
    held = [one for one in request["rules"].held if not isinstance(one.what, Group) and one.what not in dropped]
    if len(shelf.items) < request["n"] or len(held) < len(request["rules"].held):
        return  # others move up, or groups have places too
    locked = {one.place - 1: one.what for one in held if one.place is not None}
    for place, item in locked.items():
        assert place >= request["n"] or shelf.items[place] == item
    free = (place for place in range(request["n"]) if place not in locked)
    for place, pin in zip(free, (one.what for one in held if one.place is None), strict=False):
        assert shelf.items[place] == pin


def shelf_of(*rows: ItemFacts, n: int = 20, tail: list[bool] | None = None, **settings_of_rules: object) -> Reranked:
    """Rerank products whose scores, of both signs, follow the order given."""
    count = len(rows)
    return reranked(numbers(count), falling(count), known(*rows, tail=tail), bound(count, **settings_of_rules), n)


def test_by_default_a_shelf_is_the_rankers_best() -> None:
    scores = np.array([-3, 2, np.nan, 7], np.float32)
    shelf = reranked(numbers(4), scores, known(*[product()] * 4), bound(4), 3)
    assert shelf.items.tolist() == [3, 1, 0]
    assert shelf.scores.tolist() == [7, 2, -3]
    assert shelf.places.tolist() == [3, 1, 0]


def test_without_candidates_the_shelf_is_empty() -> None:
    assert shelf_of().items.tolist() == []


def test_only_the_order_of_the_scores_counts() -> None:
    rows = [product(category=path, brand=brand) for path in ("A", "B") for brand in ("x", "y", "z")]
    some_rules = bound(6, boosts={"brand:z": 3.0}, diversity=0.4, long_tail=0.4)
    attributes = known(*rows, tail=[False, False, True, True, False, True])
    shown = [
        reranked(numbers(6), scores, attributes, some_rules, 4).items.tolist()
        for scores in (falling(6), falling(6) * 9 - 99)
    ]
    assert shown[0] == shown[1]


def test_of_several_variants_the_best_after_boosts_is_shown() -> None:
    rows = [product(item_group_id="g"), product(), product(item_group_id="g")]
    assert shelf_of(*rows).items.tolist() == [0, 1]
    boosted = shelf_of(*rows, boosts={"item:2": 10.0})
    assert boosted.items.tolist() == [2, 1]
    assert boosted.rules() == {0: "one_per_group"}
    assert shelf_of(*rows, one_per_group=False).items.tolist() == [0, 1, 2]


def test_an_unavailable_variant_does_not_hide_the_others() -> None:
    rows = [product(item_group_id="g", stock=0), product(item_group_id="g")]
    assert shelf_of(*rows).items.tolist() == [1]


def test_a_pin_hides_its_variants_unless_they_are_pinned_too() -> None:
    rows = [product(item_group_id="g") for _ in range(3)]
    assert shelf_of(*rows, pins=["2"]).items.tolist() == [2]
    assert shelf_of(*rows, pins=["2", "1"]).items.tolist() == [2, 1]


def test_every_dropped_item_names_its_rule() -> None:
    rows = [product(hidden=True), product(stock=0), product(brand="Zen"), product(brand="Acme")]
    shelf = shelf_of(*rows, brands=["Acme"], n=1)
    assert shelf.rules() == {0: "hidden", 1: "out_of_stock", 2: "brands"}


def test_a_double_keeps_its_better_score_and_is_not_called_dropped() -> None:
    items, scores = np.array([5, 5, 1], np.int32), np.array([1, 3, 2], np.float32)
    shelf = reranked(items, scores, known(*[product()] * 3), bound(), 5)
    assert (shelf.items.tolist(), shelf.scores.tolist()) == ([5, 1], [3, 2])
    assert shelf.drops.tolist() == [Drop.DOUBLE, Drop.KEPT, Drop.KEPT]
    assert shelf.rules() == {}


def test_the_long_tail_has_its_share_of_the_shown_shelf() -> None:
    rng = np.random.default_rng(0)
    tail = (rng.random(60) < 0.3).tolist()
    rows = [product(category=str(rng.choice(["A", "B", "C"]))) for _ in range(60)]
    shelf = shelf_of(*rows, n=10, tail=tail, long_tail=0.6, diversity=0.5, boosts={"category:A": 2.0}, pins=["59"])
    assert exposure(np.array(tail)[shelf.places], 10) >= 0.6


def test_vectors_of_candidates_follow_them_through_the_filters() -> None:
    rows = [product(hidden=True), product(), product(), product()]
    vectors = np.array([[9, 9], [1, 0], [1, 0], [0, 1]], np.float32)
    shelf = reranked(numbers(4), falling(4), known(*rows), bound(4, diversity=0.8), 2, vectors=vectors)
    assert shelf.items.tolist() == [1, 3]
