import pytest

from aisle.shop.moments import DAY, now
from aisle.storage.catalogue import browse, items
from aisle.storage.catalogue.browse import ItemFilter, Review
from aisle.storage.connection import Database
from aisle.storage.log import reviews
from tests.storage.samples import row

SHOP = (
    row("items", item_id="mug", title="Mug", category="Home > Kitchen", brand="Acme", price=5, stock=2),
    row("items", item_id="pan", title="Pan", category="Home > Kitchen > Pans", brand="Bolt", price=30, stock=0),
    row("items", item_id="bed", title="Bed", category="Home", brand="Acme", price=90, in_stock=False),
    row("items", item_id="hat", title="Hat", category="Home%", brand="Cap", available_from=7),
    row("items", item_id="ghost", title="Ghost", category="Home", brand="Acme", hidden=True),
    row("items", item_id="soon", title="Soon", category="Home", available_from=now() + DAY),
)


@pytest.fixture
def shop(db: Database) -> Database:
    items.upsert(db, list(SHOP))
    return db


def test_categories_count_the_items_right_there(shop: Database) -> None:
    assert browse.categories(shop) == {"Home": 1, "Home > Kitchen": 1, "Home > Kitchen > Pans": 1, "Home%": 1}


def test_a_category_holds_what_is_below_it_and_nothing_beside_it(shop: Database) -> None:
    assert browse.find(shop, ItemFilter(("Home",))) == ["bed", "mug", "pan"]
    assert browse.find(shop, ItemFilter(("Home%",))) == ["hat"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (ItemFilter(brands=("Acme", "Cap")), ["bed", "hat", "mug"]),
        (ItemFilter(price_min=5, price_max=30), ["mug", "pan"]),
        (ItemFilter(in_stock=True), ["hat", "mug"]),
        (ItemFilter(("No such",)), []),
        (ItemFilter(text="acme MUG"), ["mug"]),
        (ItemFilter(text="kitchen"), ["mug", "pan"]),
        (ItemFilter(("Home > Kitchen", "Home%")), ["hat", "mug", "pan"]),
        (ItemFilter(text="%"), []),
    ],
)
def test_filters_narrow_what_is_found(shop: Database, wanted: ItemFilter, found: list[str]) -> None:
    assert browse.find(shop, wanted) == found


def test_brands_are_counted_whatever_brands_are_chosen(shop: Database) -> None:
    assert browse.brands(shop, ItemFilter(("Home",), brands=("Bolt",))) == {"Acme": 2, "Bolt": 1}


def test_items_without_the_value_of_an_order_come_last(shop: Database) -> None:
    assert browse.find(shop, ItemFilter(), "price") == ["mug", "pan", "bed", "hat"]
    assert browse.find(shop, ItemFilter(), "-price") == ["bed", "pan", "mug", "hat"]
    assert browse.find(shop, ItemFilter(), "newest")[0] == "hat"


def test_reviews_are_those_with_words_newest_first(db: Database) -> None:
    written = [("r1", "mug", "Good", 1), ("r2", "mug", "", 2), ("r3", "mug", "Better", 3), ("r4", "pan", "Hot", 4)]
    reviews.store(
        db,
        [
            row("reviews", review_id=r, item_id=i, text=text, title="", rating=4.0, timestamp=t)
            for r, i, text, t in written
        ],
    )
    assert browse.reviews_of(db, "mug", 5) == [Review(4.0, "", "Better", 3), Review(4.0, "", "Good", 1)]
    assert browse.reviews_of(db, "mug", 1) == [Review(4.0, "", "Better", 3)]
