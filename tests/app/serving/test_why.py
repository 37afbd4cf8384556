import re
import shutil
from pathlib import Path

import msgspec
import pytest

from aisle.app.serve import Live
from aisle.app.settings import PlacementSection, Settings
from aisle.shop import columns, moments
from aisle.shop.errors import NotFound
from aisle.storage.catalogue import items
from tests.small_shop import TEAS


@pytest.fixture
def folder(hybrid_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(hybrid_folder, tmp_path / "shop")


def change(live: Live, item_id: str, **values: object) -> None:
    items.upsert(live.db, [tuple(({columns.ITEM_ID: item_id} | values).get(name) for name in columns.ITEMS)])


def bought(live: Live, user_id: str = "user-0") -> list[str]:
    return [line.item_id for line in live.history(user_id, 100)]


def shown(live: Live, n: int = 5) -> list[str]:
    return [item.item_id for item in live.recommend("user-0", n).items]


@pytest.mark.parametrize("n", [5, 12])
def test_the_place_is_that_on_the_shelf(live: Live, n: int) -> None:
    shelf = shown(live, n)
    explanations = [live.why("user-0", item, n) for item in shelf]
    assert [why.place for why in explanations] == list(range(1, n + 1))
    assert [why.rank for why in explanations] == list(range(1, n + 1))
    assert all(why.verdict == f"stands on place {why.place}" for why in explanations)


def test_the_score_is_that_on_the_shelf(live: Live) -> None:
    first = live.recommend("user-0", 1).items[0]
    assert live.why("user-0", first.item_id).score == pytest.approx(first.score)


def test_an_item_that_ranks_behind_the_shelf_has_its_rank(live: Live) -> None:
    last = shown(live, 12)[-1]
    why = live.why("user-0", last, 5)
    assert why.place is None
    assert why.verdict == f"ranks 12 of {why.candidates}, behind the 5 places of the shelf"


def test_a_bought_item_is_proposed_by_the_source_of_repeats(live: Live) -> None:
    item = bought(live)[0]
    repeat = {proposal.source: proposal for proposal in live.why("user-0", item).proposals}["repeat"]
    assert repeat.proposed
    assert repeat.rank is not None
    assert repeat.rank <= 6


def test_earlier_items_come_from_the_history_and_their_shares_sum_to_1(live: Live) -> None:
    explanations = [live.why("user-0", item) for item in TEAS]
    earlier = [item for why in explanations for item in why.speaks]
    assert earlier
    assert {item.item_id for item in earlier} <= set(bought(live))
    assert {item.event for item in earlier} == {"purchase"}
    for why in explanations:
        assert sum(item.share for item in why.speaks) == pytest.approx(1) or why.speaks == []


def test_features_with_the_largest_effect_come_first(live: Live) -> None:
    weights = [abs(feature.adds) for feature in live.why("user-0", "tea-1").features]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > 0


@pytest.mark.parametrize(
    ("change_to", "rule", "available"),
    [
        ({columns.HIDDEN: True}, "hidden", False),
        ({columns.STOCK: 0}, "out_of_stock", False),
    ],
)
def test_a_rule_that_drops_an_item_is_named(
    live: Live, change_to: dict[str, object], rule: str, available: bool
) -> None:
    change(live, "tea-1", **change_to)
    why = live.why("user-0", "tea-1")
    assert (why.dropped_by, why.available, why.place) == (rule, available, None)
    assert why.verdict == f"left out by the rule {rule}"
    assert why.rank is not None


def test_the_second_of_two_variants_is_dropped(live: Live) -> None:
    first, second = shown(live, 2)
    for item in (first, second):
        change(live, item, **{columns.ITEM_GROUP_ID: "the same tea"})
    assert live.why("user-0", first).place == 1
    assert live.why("user-0", second).dropped_by == "one_per_group"


def test_a_disliked_item_is_dropped(live: Live) -> None:
    live.feedback("user-0", "tea-1", 1.0)
    live.feedback("user-0", "tea-2", 5.0)
    assert live.why("user-0", "tea-1").dropped_by == "excluded_by_request"


def test_the_explanation_names_placement_and_model(live: Live) -> None:
    why = live.why("user-0", "tea-1")
    assert (why.placement, why.model, why.model_version) == ("recommended-for-you", "hybrid", 1)


def test_a_shopper_without_a_history_is_refused(live: Live) -> None:
    with pytest.raises(NotFound, match="knows nothing of user 'nobody'"):
        live.why("nobody", "tea-1")


def test_an_unknown_item_is_named(live: Live) -> None:
    with pytest.raises(NotFound, match="knows no item 'cake'"):
        live.why("user-0", "cake")


def test_an_unknown_placement_is_named(live: Live) -> None:
    with pytest.raises(NotFound, match="no placement 'attic'"):
        live.why("user-0", "tea-1", placement="attic")


@pytest.mark.parametrize(
    ("proposed", "verdict"),
    [(True, "proposed, but not among the 20 likeliest candidates"), (False, "not proposed")],
)
def test_an_item_that_does_not_reach_the_ranker_says_why(live: Live, proposed: bool, verdict: str) -> None:
    why = live.why("user-0", "tea-1")
    proposals = [msgspec.structs.replace(proposal, proposed=proposed) for proposal in why.proposals]
    assert msgspec.structs.replace(why, rank=None, place=None, proposals=proposals).verdict == verdict


# --- A shelf with reasons -------------------------------------------------------------------------------------------


def test_every_item_of_an_explained_shelf_has_a_reason(live: Live) -> None:
    shelf = live.recommend("user-0", 10, explain=True)
    assert all(item.reason for item in shelf.items)
    assert [item.reason for item in live.recommend("user-0", 10).items] == [None] * 10


def test_reasons_name_what_the_shopper_bought(live: Live) -> None:
    theirs = {f"The {item}" for item in bought(live)}
    reasons = " ".join(str(item.reason) for item in live.recommend("user-0", 10, explain=True).items)
    named = set(re.findall(r"The [a-z]+-\d", reasons))
    assert named
    assert named <= theirs


def test_the_popular_shelf_is_popular(live: Live) -> None:
    shelf = live.recommend("nobody", 20, explain=True)
    assert {item.reason for item in shelf.items} == {"popular in Tea", "popular in Tools"}


def test_the_shelf_and_the_explanation_give_the_same_reason(live: Live) -> None:
    first = live.recommend("user-0", 1, explain=True).items[0]
    assert live.why("user-0", first.item_id).reason == first.reason


def test_rules_of_diversity_and_stock_give_the_same_places_as_on_the_shelf(folder: Path) -> None:
    rules = {"diversity": 0.7, "long_tail": 0.3, "overstock_boost": 2.0}
    with Live(Settings.read(folder, placements={"home": PlacementSection.model_validate(rules)})) as live:
        shelf = [item.item_id for item in live.recommend("user-0", 8, placement="home").items]
        places = [live.why("user-0", item, 8, "home").place for item in shelf]
    assert shelf != shown(live, 8)
    assert places == list(range(1, 9))


def test_a_pin_newer_than_the_model_has_its_place(folder: Path) -> None:
    rules = {"pins": ["brand-new"]}
    with Live(Settings.read(folder, placements={"home": PlacementSection.model_validate(rules)})) as live:
        change(live, "brand-new", **{columns.TITLE: "Brand new"})
        explanation = live.why("user-0", "brand-new", 5, "home")
        behind = live.why("user-0", shown(live, 5)[0], 5, "home")
    assert (explanation.place, explanation.rank, explanation.reason) == (1, None, "chosen by the shop")
    assert explanation.verdict == "stands on place 1"
    assert behind.place == 2


def test_a_recent_purchase_is_dropped_exactly_if_the_shelf_drops_it(folder: Path) -> None:
    with Live(Settings.read(folder)) as live:
        last = max(line.timestamp for line in live.history("user-0", 100))
        end = live.model_watch.current().data_end
    days = (max(end, moments.now()) - last) / moments.DAY
    between = (days + (end - last) / moments.DAY) / 2
    rules = {"not_bought_within_days": between}
    with Live(Settings.read(folder, placements={"home": PlacementSection.model_validate(rules)})) as live:
        item = next(line.item_id for line in live.history("user-0", 1))
        on_shelf = item in [shelf.item_id for shelf in live.recommend("user-0", 20, placement="home").items]
        explanation = live.why("user-0", item, 20, "home")
    assert (explanation.place is not None) == on_shelf
    assert (explanation.dropped_by == "not_bought_within_days") == (not on_shelf)
