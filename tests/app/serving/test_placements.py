"""The standard placements of a small shop: none of them ever shows an unavailable item."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aisle.app.serve import Live
from aisle.app.serving import model_watch
from aisle.app.serving.placements import STANDARD, placement_named, placements_of
from aisle.app.serving.profiles import Profile
from aisle.app.serving.shelf import Shelf
from aisle.app.settings import Settings
from aisle.engine.request import MAIN_PLACEMENT, ShelfRequest
from aisle.engine.strategies import STRATEGIES
from aisle.shop import columns, moments
from aisle.shop.errors import InputError, NotFound
from aisle.storage.catalogue import items
from aisle.storage.log import events
from aisle.storage.shelves import impressions
from tests.small_shop import TEAS, TOOLS

TOMORROW = moments.now() + moments.DAY
LASTING = [f"tea-{number}" for number in range(8, 10)] + TOOLS[5:]


def ids(shelf: Shelf) -> list[str]:
    return [item.item_id for item in shelf.items]


def change(live: Live, item_id: str, **values: Any) -> None:
    items.upsert(live.db, [tuple(({columns.ITEM_ID: item_id} | values).get(name) for name in columns.ITEMS)])


def do(live: Live, kind: str, item_id: str, **values: Any) -> None:
    """Store an event of this moment."""
    event = {
        columns.EVENT_ID: f"{kind}-{item_id}-{moments.now()}",
        columns.EVENT: kind,
        columns.ITEM_ID: item_id,
        columns.TIMESTAMP: moments.now(),
    } | values
    events.store(live.db, [tuple(event.get(name) for name in columns.EVENTS)])


def with_settings(folder: Path, text: str) -> Live:
    with (folder / "aisle.toml").open("a") as file:
        file.write(text)
    return Live(Settings.read(folder))


@pytest.fixture(autouse=True)
def _always_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_watch, "CHECK_SECONDS", 0.0)


@pytest.fixture
def pinned(folder: Path) -> Iterator[Live]:
    """Return a shop that pins items, which will be unavailable, on every placement."""
    others = (f"[placements.{name}]\n" for name in STANDARD if name != MAIN_PLACEMENT)
    # The settings end with the section of the main placement.
    pins = "".join(f'{section}pins = ["tea-0", "tool-0"]\n' for section in ("", *others))
    with with_settings(folder, pins) as live:
        yield live


@pytest.mark.parametrize(
    "gone",
    [
        {columns.HIDDEN: True},
        {columns.STOCK: 0},
        {columns.STOCK: -3},
        {columns.IN_STOCK: False},
        {columns.AVAILABLE_FROM: TOMORROW},
    ],
    ids=["hidden", "none-left", "owed", "not-in-stock", "to-come"],
)
def test_an_unavailable_item_is_on_no_shelf(pinned: Live, gone: dict[str, Any]) -> None:
    lost = [item_id for item_id in TEAS + TOOLS if item_id not in LASTING]
    for item_id in (*lost, LASTING[0]):
        do(pinned, "view_item", item_id, user_id="user-0")
        do(pinned, "view_item", item_id, session_id="visit")
    assert set(lost) & set(ids(pinned.recommend("user-0", 20)))
    for item_id in lost:
        change(pinned, item_id, **gone)
    for placement in STANDARD:
        for user_id, session_id in (("user-0", None), ("user-1", "visit"), ("nobody", None), (None, "visit")):
            shelf = pinned.recommend(
                user_id, 20, placement=placement, session_id=session_id, item_id="tea-8", cart=["tool-1"]
            )
            assert ids(shelf), placement
            assert not set(lost) & set(ids(shelf)), placement
    assert not set(lost) & set(ids(pinned.similar("tea-1", 20)))


def test_a_shop_that_is_sold_out_has_empty_shelves_and_no_errors(live: Live) -> None:
    for item_id in TEAS + TOOLS:
        change(live, item_id, stock=0)
    for placement in STANDARD:
        assert ids(live.recommend("user-0", 5, placement=placement, item_id="tea-1")) == []


def test_other_items_take_the_places_of_dropped_ones(live: Live) -> None:
    for item_id in TEAS:
        change(live, item_id, hidden=True)
    assert set(ids(live.recommend("user-0", 10))) == set(TOOLS)


def test_every_shop_has_a_placement_for_each_strategy(tmp_path: Path) -> None:
    placements = placements_of(Settings.read(tmp_path))
    assert {name: placement.strategy.name for name, placement in placements.items()} == STANDARD
    assert set(STANDARD.values()) == STRATEGIES.keys()


def test_a_setting_of_a_placement_does_not_change_its_other_settings(tmp_path: Path) -> None:
    (tmp_path / "aisle.toml").write_text("[placements.cart]\ndiversity = 0.5\n[placements.tea]\n")
    placements = placements_of(Settings.read(tmp_path))
    assert (placements["cart"].strategy.name, placements["cart"].rules.diversity) == ("cart", 0.5)
    assert placements["tea"].strategy.name == "personal"


def test_an_unknown_placement_is_refused_with_the_names_of_the_others(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no placement 'attic'.*recommended-for-you"):
        placement_named(placements_of(Settings.read(tmp_path)), "attic")


def test_a_disliked_item_is_on_no_placement(live: Live) -> None:
    live.feedback("user-0", "tea-1", 1.0)
    for placement in STANDARD:
        assert "tea-1" not in ids(live.recommend("user-0", 20, placement=placement, item_id="tea-2"))


@pytest.mark.parametrize("against", [{"event": "refund"}, {"event": "rate", "rating": 1.0}, {"event": "hide"}])
def test_a_cancelled_item_is_on_no_shelf_until_it_is_bought_again(live: Live, against: dict[str, Any]) -> None:
    for kind in ("view_item", "add_to_cart", "purchase"):
        do(live, kind, "tea-3", user_id="user-0")
    kind = against.pop("event")
    do(live, kind, "tea-3", user_id="user-0", **against)
    for placement in STANDARD:
        shelf = live.recommend("user-0", 20, placement=placement, item_id="tea-2", cart=["tea-1"])
        assert "tea-3" not in ids(shelf), placement
        assert shelf.because is None or shelf.because.item_id != "tea-3"
    do(live, "purchase", "tea-3", user_id="user-0")
    assert "tea-3" in ids(live.recommend("user-0", 20, placement="bestsellers"))


def test_hiding_is_taken_back(live: Live) -> None:
    do(live, "hide", "tea-1", session_id="visit")
    assert "tea-1" not in ids(live.recommend(session_id="visit", n=20))
    do(live, "unhide", "tea-1", session_id="visit")
    assert "tea-1" in ids(live.recommend(session_id="visit", n=20))


def test_at_most_three_of_ten_places_show_what_the_shopper_has_seen(folder: Path) -> None:
    seen = [f"tea-{number}" for number in range(6)]
    with with_settings(folder, "[placements.home]\n") as live:
        for item_id in seen:
            do(live, "view_item", item_id, session_id="visit")
        shelf = ids(live.recommend(session_id="visit", n=10, placement="home"))
        others = ids(live.recommend(session_id="visit", n=10, placement="home", exclude="seen"))
    assert len(shelf) == 10
    assert len(set(shelf) & set(seen)) <= 3
    assert not set(seen) & set(others)


def test_no_item_is_twice_on_a_page_and_the_first_placement_keeps_it(live: Live) -> None:
    request = ShelfRequest(user_id="user-0", n=5)
    names = ("bestsellers", MAIN_PLACEMENT, "trending")
    shelves = live.page(request, names)
    assert [shelf.placement for shelf in shelves] == list(names)
    assert ids(shelves[0]) == ids(live.recommend("user-0", 5, placement="bestsellers"))
    shown = [item_id for shelf in shelves for item_id in ids(shelf)]
    assert len(set(shown)) == len(shown) == 15


def test_a_page_is_of_one_model_even_if_another_goes_live_meanwhile(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = live.model_watch.current()
    newer = replace(older, version=older.version + 1)
    upcoming = iter([older, newer, newer])
    monkeypatch.setattr(live.model_watch, "current", lambda: next(upcoming))
    shelves = live.page(ShelfRequest(user_id="user-0", n=3), ["bestsellers", "trending"])
    assert {shelf.model_version for shelf in shelves} == {older.version}


def test_a_page_reads_the_shopper_once(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, read = [], live.profiles.of

    def noted(*ids: str | None) -> Profile:
        asked.append(ids)
        return read(*ids)

    monkeypatch.setattr(live.profiles, "of", noted)
    live.page(ShelfRequest(user_id="user-0", n=3), ["bestsellers", "trending", "recommended-for-you"])
    assert asked == [("user-0", None)]


def test_a_page_that_cannot_be_filled_leaves_no_impression(live: Live) -> None:
    with pytest.raises(NotFound):
        live.page(ShelfRequest(user_id="user-0", n=3), ["bestsellers", "nowhere"], to_show=True)
    live.impressions.close()
    assert impressions.count(live.db) == 0


def test_a_page_names_each_placement_once(live: Live) -> None:
    with pytest.raises(InputError, match="named twice in trending, trending; name each once"):
        live.page(ShelfRequest(user_id="user-0"), ("trending", "trending"))


def test_places_that_a_fallback_fills_are_marked(live: Live) -> None:
    shelf = live.recommend("user-0", 20, placement="cart", cart=["tea-1"])
    own = [item for item in shelf.items if item.fallback is None]
    assert {item.fallback for item in live.recommend("nobody", 3).items} == {"popular"}
    assert all(item.score is None for item in shelf.items if item.fallback == "popular") or not own


def test_rules_hold_only_for_their_placement(folder: Path) -> None:
    with with_settings(folder, '[placements.bestsellers]\ncategories = ["Tools"]\npins = ["tool-3"]\n') as live:
        shelf = live.recommend("user-0", 20, placement="bestsellers")
        assert ids(shelf)[0] == "tool-3"
        assert set(ids(shelf)) == set(TOOLS)
        assert set(TEAS) & set(ids(live.recommend("user-0", 20)))


def test_an_item_that_came_after_training_can_be_pinned_and_a_mistyped_id_cannot(folder: Path) -> None:
    with with_settings(folder, '[placements.bestsellers]\npins = ["tae-1", "brand-new"]\n') as live:
        change(live, "brand-new", title="Brand new")
        shelf = live.recommend("user-0", 5, placement="bestsellers")
        assert ids(shelf)[0] == "brand-new"
        assert "tae-1" not in ids(shelf)


def test_the_main_placement_is_the_personal_shelf(live: Live) -> None:
    assert ids(live.recommend("user-0", 5)) == ids(live.recommend("user-0", 5, placement="recommended-for-you"))
    assert live.recommend("user-0", 5).placement == "recommended-for-you"


# --- One by one -----------------------------------------------------------------------------------------------------


def test_a_visitor_is_known_by_the_session_from_the_first_click(live: Live) -> None:
    before = live.recommend(session_id="visit", n=5)
    assert before.fallback == "popular"
    do(live, "view_item", "tool-2", session_id="visit")
    after = live.recommend(session_id="visit", n=5)
    assert after.fallback is None
    assert set(ids(after)) <= set(TOOLS)


def test_events_of_the_session_count_beside_those_of_the_shopper(live: Live) -> None:
    do(live, "view_item", "tool-2", session_id="visit")
    shelf = live.recommend("user-0", 5, placement="recently-viewed", session_id="visit")
    assert ids(shelf) == ["tool-2"]
    assert live.recommend("user-0", 5, placement="recently-viewed").fallback == "popular_instead"


def test_recently_viewed_is_the_newest_first_and_each_once_even_after_training(live: Live) -> None:
    change(live, "brand-new", title="Brand new")
    for item_id in ("tea-1", "tea-2", "brand-new", "tea-1", "in-no-catalogue"):
        do(live, "view_item", item_id, user_id="nobody")
    assert ids(live.recommend("nobody", 5, placement="recently-viewed")) == ["tea-1", "brand-new", "tea-2"]


def test_because_you_viewed_names_the_item(live: Live) -> None:
    do(live, "view_item", "tea-3", user_id="user-1")
    shelf = live.recommend("user-1", 5, placement="because-you-viewed")
    assert shelf.because is not None
    assert (shelf.because.item_id, shelf.because.name) == ("tea-3", "The tea-3")
    assert set(ids(shelf)) <= set(TEAS) - {"tea-3"}


def test_new_arrivals_are_the_newest_first_whether_a_model_knows_them_or_not(live: Live) -> None:
    for days, item_id in ((3, "tea-4"), (1, "brand-new"), (2, "tool-4"), (-1, "tea-5")):
        change(live, item_id, available_from=moments.now() - days * moments.DAY)
    shelf = live.recommend("nobody", 5, placement="new-arrivals")
    assert ids(shelf) == ["brand-new", "tool-4", "tea-4"]
    assert shelf.fallback is None


def test_without_available_from_the_item_with_the_latest_first_event_is_newest(live: Live) -> None:
    state = live.model_watch.current().state
    assert state is not None
    newest = live.model_watch.current().items.ids[int(state.first_.argmax())]
    assert ids(live.recommend("nobody", 5, placement="new-arrivals"))[0] == newest


def test_similar_items_leave_out_the_item_and_the_cart(live: Live) -> None:
    shelf = live.recommend(placement="similar-items", item_id="tea-1", cart=["tea-2"], n=5)
    assert set(ids(shelf)) <= set(TEAS) - {"tea-1", "tea-2"}
    assert shelf.fallback is None


def test_an_item_that_no_model_knows_has_bestsellers_as_a_fallback(live: Live) -> None:
    shelf = live.recommend(placement="similar-items", item_id="brand-new", n=5)
    assert (shelf.fallback, len(shelf.items)) == ("popular_instead", 5)


@pytest.mark.parametrize("placement", ["similar-items", "frequently-bought-together"])
def test_a_placement_about_an_item_needs_one(live: Live, placement: str) -> None:
    with pytest.raises(InputError, match="item_id"):
        live.recommend("user-0", placement=placement)


def test_too_few_buyers_together_fall_back_to_similar_items(live: Live) -> None:
    shelf = live.recommend(placement="frequently-bought-together", item_id="tea-1", n=5)
    assert shelf.fallback == "similar_instead"
    assert set(ids(shelf)) <= set(TEAS)


def test_an_empty_cart_gets_the_personal_shelf_and_says_so(live: Live) -> None:
    shelf = live.recommend("user-0", 5, placement="cart")
    assert shelf.fallback == "personal_instead"
    assert len(shelf.items) == 5


def test_buy_it_again_shows_only_earlier_purchases(live: Live) -> None:
    bought = {line.item_id for line in live.history("user-0", 100)}
    shelf = live.recommend("user-0", 20, placement="buy-it-again")
    assert set(ids(shelf)) <= bought or shelf.fallback == "popular_instead"
