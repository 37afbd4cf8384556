"""A shelf that is shared is the one that the shopper would get alone, at any moment."""

from copy import copy
from pathlib import Path

import msgspec
import pytest

from aisle.app.serve import Live
from aisle.app.serving import model_watch
from aisle.app.serving.placements import STANDARD
from aisle.app.serving.shared_shelves import Basis, SharedShelves, asked_by_many
from aisle.app.serving.shelf import Shelf
from aisle.app.settings import Settings
from aisle.engine.request import ShelfRequest
from aisle.shop import moments
from aisle.shop.errors import StorageError
from aisle.shop.events import ProfileEvent
from aisle.storage.catalogue import items
from aisle.storage.log import events
from tests.small_shop import TEAS
from tests.storage.samples import row

SHOPPERS = ("nobody", "user-0", "user-1", "refunding", "unwilling")


@pytest.fixture(autouse=True)
def _always_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_watch, "CHECK_SECONDS", 0.0)


@pytest.fixture
def shopping(live: Live) -> Live:
    """Return a shop in which one shopper gave back what many buy, and one hides it."""
    best = [item.item_id for item in live.recommend("nobody", 2, placement="bestsellers").items]
    did = [("refunding", "purchase", 0), ("refunding", "refund", 0), ("unwilling", "hide", 1)]
    now = moments.now()
    events.store(
        live.db,
        [
            row("events", event_id=f"e{n}", event=kind, user_id=user, item_id=best[place], timestamp=now + n)
            for n, (user, kind, place) in enumerate(did)
        ],
    )
    return live


def plain(shelf: Shelf) -> Shelf:
    """Return a shelf without its id, which no other one has."""
    return msgspec.structs.replace(shelf, recommendation_id="")


def alone(live: Live, request: ShelfRequest) -> Shelf:
    """Return the shelf of a process that has filled no other one."""
    apart = copy(live)
    apart._shared = SharedShelves()
    return apart.shelf(request)


def ids(shelf: Shelf) -> list[str]:
    return [item.item_id for item in shelf.items]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Shelf]:
    """Return the shelves that were shared."""
    found: list[Shelf] = []
    find = SharedShelves.find

    def find_and_note(*arguments: object) -> Shelf | None:
        shelf = find(*arguments)  # type: ignore[arg-type]
        found.extend([shelf] if shelf is not None else [])
        return shelf

    monkeypatch.setattr(SharedShelves, "find", find_and_note)
    return found


@pytest.mark.parametrize("placement", STANDARD)
def test_everybody_gets_the_shelf_that_they_would_get_alone(shopping: Live, placement: str) -> None:
    cart = ("tea-2",) if placement == "cart" else ()
    for user in SHOPPERS * 2:
        request = ShelfRequest(user_id=user, placement=placement, item_id="tea-1", cart=cart, n=5)
        assert plain(shopping.shelf(request)) == plain(alone(shopping, request))


def test_popular_shelves_are_filled_once_for_all_who_exclude_nothing(shopping: Live, counted: list[Shelf]) -> None:
    shelves = [shopping.recommend(user, placement="bestsellers") for user in ("nobody", "user-0", "user-1")]
    assert len(counted) == 2
    assert len({shelf.recommendation_id for shelf in shelves}) == 3
    shopping.recommend("refunding", placement="bestsellers")
    shopping.recommend("unwilling", placement="bestsellers")
    shopping.recommend("user-0", exclude="purchased", placement="bestsellers")
    assert len(counted) == 2


def test_a_personal_shelf_is_shared_by_strangers_alone(live: Live, counted: list[Shelf]) -> None:
    for user in ("user-0", "user-0", "stranger", "another"):
        live.recommend(user)
    assert len(counted) == 1


@pytest.mark.parametrize("by_aisle", [True, False])
def test_what_is_sold_out_is_on_no_shared_shelf(live: Live, by_aisle: bool) -> None:
    before = ids(live.recommend("nobody", 5))
    if by_aisle:
        items.upsert(live.db, [row("items", item_id=before[0], stock=0)])
    else:
        with live.db.write() as connection:
            connection.exec_driver_sql("UPDATE items SET stock = 0 WHERE item_id = ?", (before[0],))
    assert ids(live.recommend("nobody", 4)) == before[1:]
    assert before[0] not in ids(live.recommend("nobody", 5))


def test_what_comes_back_into_stock_is_on_the_next_shelf(live: Live) -> None:
    """Nothing is kept of a moment in which the database said more than was known here."""
    before = ids(live.recommend("nobody", 5))
    stock = "UPDATE items SET stock = ? WHERE item_id = ?"
    for pieces in (0, 1):
        with live.db.write() as connection:
            connection.exec_driver_sql(stock, (pieces, before[0]))
        shown = ids(live.recommend("nobody", 5))
    assert shown == before


def test_a_new_price_is_on_the_next_shelf(live: Live) -> None:
    first = live.recommend("nobody", 1).items[0]
    items.upsert(live.db, [row("items", item_id=first.item_id, price=1_000_000)])
    assert live.recommend("nobody", 1).items[0].price == 1_000_000


def test_an_item_is_on_the_shelf_from_its_first_day_on(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    first = live.recommend("nobody", 1).items[0].item_id
    tomorrow = moments.now() + moments.DAY
    items.upsert(live.db, [row("items", item_id=first, available_from=tomorrow)])
    assert first not in [ids(live.recommend("nobody", 1)) for _ in range(2)][-1]
    monkeypatch.setattr(moments, "now", lambda: tomorrow + 1)
    assert ids(live.recommend("nobody", 1)) == [first]


def test_without_a_database_the_shelf_says_so(live: Live) -> None:
    shared = [live.recommend("nobody", 5) for _ in range(2)][-1]
    away = live.as_if_away().recommend("nobody", 5)
    assert ids(away) == ids(shared)
    assert (shared.fallback, away.fallback) == ("popular", "popular_without_database")


def test_a_database_that_fails_after_the_profile_was_read_is_told(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.recommend("nobody", 5)

    def fail(*_: object) -> None:
        raise StorageError("gone")

    monkeypatch.setattr(items, "look_over", fail)
    monkeypatch.setattr(items, "unavailable", fail)
    assert live.recommend("nobody", 5).fallback == "last_known_stock"


def test_a_restored_catalogue_is_seen(live: Live) -> None:
    """Another database that took the place of this one may have the same version."""
    request = ShelfRequest(placement="bestsellers")
    asked = asked_by_many(request, live.placements["bestsellers"], (), live.model_watch.current())
    assert asked is not None
    held = live.catalogue_watch.current(live.model_watch.current())
    for database, found in ((held.database, True), ("another", False)):
        shared, of_database = SharedShelves(), Basis(held._replace(database=database), live.placements)
        shared.keep(asked, of_database, live.shelf(request))
        assert (shared.find(live.db, asked, of_database) is not None) == found


@pytest.mark.parametrize(
    "own",
    [
        {"rules": {"brands": ("Acme",)}},
        {"cart": ("tea-1",)},
        {"exclude_ids": ("tea-1",)},
        {"explain": True},
        {"tried": (ProfileEvent("tea-1", "view_item", 1),)},
    ],
)
def test_what_a_request_asks_for_itself_is_not_shared(live: Live, own: dict[str, object]) -> None:
    request = msgspec.structs.replace(ShelfRequest(placement="trending"), **own)
    assert asked_by_many(request, live.placements["trending"], (), live.model_watch.current()) is None


def test_pins_and_new_arrivals_are_not_shared(folder: Path) -> None:
    with (folder / "aisle.toml").open("a") as file:
        file.write('[placements.trending]\npins = ["tea-1"]\n')
    with Live(Settings.read(folder)) as live:
        model = live.model_watch.current()
        for name in ("trending", "new-arrivals"):
            assert asked_by_many(ShelfRequest(placement=name), live.placements[name], (), model) is None


def test_a_shelf_is_not_shared_beyond_a_change_of_the_rules(live: Live) -> None:
    asked = asked_by_many(
        ShelfRequest(placement="trending"), live.placements["trending"], (), live.model_watch.current()
    )
    assert asked is not None
    shared, held = SharedShelves(), live.catalogue_watch.current(live.model_watch.current())
    shared.keep(asked, Basis(held, live.placements), live.shelf(ShelfRequest(placement="trending")))
    assert shared.find(live.db, asked, Basis(held, live.placements)) is not None
    assert shared.find(live.db, asked, Basis(held, dict(live.placements))) is None


def test_rules_that_look_at_the_shopper_keep_shelves_apart(folder: Path) -> None:
    with (folder / "aisle.toml").open("a") as file:
        file.write("[placements.trending]\nnot_bought_within_days = 1000\n")
    with Live(Settings.read(folder)) as live:
        live.recommend("nobody", 20, placement="trending")
        bought = {line.item_id for line in live.history("user-0", 100)}
        assert not bought & set(ids(live.recommend("user-0", 20, placement="trending")))


def test_a_shelf_that_is_about_an_item_is_not_that_of_another(live: Live) -> None:
    shelves = [ids(live.similar(item, 9)) for item in (*TEAS[:2], *TEAS[:2])]
    assert shelves[0] == shelves[2] != shelves[1] == shelves[3]
    assert TEAS[0] not in shelves[0]
    assert TEAS[1] not in shelves[1]
