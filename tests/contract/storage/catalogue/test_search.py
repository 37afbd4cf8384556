"""Items found by their words, the same on every database."""

import pytest
from sqlalchemy import delete, update

from aisle.storage import tables
from aisle.storage.catalogue import browse, items
from aisle.storage.catalogue.browse import ItemFilter
from aisle.storage.connection import Database
from tests.storage.samples import row

SHOP = (
    row("items", item_id="red", title="Red Mug of the House", category="Kitchen > Mugs", brand="Acmé", tags="gift"),
    row("items", item_id="men", title="Men's Kruege-Set, 3 x 0.5", category="Kitchen", brand="Krug & Co", price=7),
    row("items", item_id="set", title="A set", category="Home", brand="Red", tags="mugs|krüge", price=5),
    row("items", item_id="jp", title="赤いマグ", category="日本", brand="Гжель"),
    row("items", item_id="ghost", title="Red Mug", hidden=True),
    row("items", item_id="soon", title="Red Mug", available_from=2**53),
)


@pytest.fixture
def shop(db: Database) -> Database:
    items.upsert(db, list(SHOP))
    return db


def found(db: Database, text: str, **wanted: object) -> list[str]:
    return [match.item_id for match in browse.search(db, ItemFilter(text=text, **wanted), 10)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("red mug", ["red", "set"]),  # a word of the title counts more than one of the brand
        ("RED MU", ["red", "set"]),
        ("mug red kitchen", ["red"]),
        ("ug", []),
        ("the", ["red"]),
        ("of the", ["red"]),
        ("a set", ["set"]),
        ("a", ["set"]),  # and no word that starts with it
        ("red m", []),
        ("赤", ["jp"]),
        ("3", ["men"]),
        ("0.5", ["men"]),
        ("men", ["men"]),
        ("kruege-set", ["men"]),
        ("krug co", ["men"]),
        ("kruge", ["set"]),
        ("KRÜGE", ["set"]),
        ("kru\u0308ge", ["set"]),
        ("acme", ["red"]),
        ("gift", ["red"]),
        ("赤い", ["jp"]),
        ("日", ["jp"]),
        ("гжель", ["jp"]),
    ],
)
def test_items_are_found_by_their_words(shop: Database, text: str, expected: list[str]) -> None:
    assert found(shop, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        '"', '"red', "red*", "-red", "+red", "red AND", "NOT red", "NEAR(red mug)", "title:red", "red OR mug", "^red",
        "'", "\\", "red' | 'mug", "!red", "red:*", "red <-> mug", "(red", "@8", "~red", ">red <mug", "%", "_", ";--",
        "😀", "\0", "red\0mug", "x" * 10_000, "red " * 2_500, "\u0300", "\ud800", "\u200b", "हिन्दी",
    ],
)  # fmt: skip
def test_no_text_is_a_command_of_the_database(shop: Database, text: str) -> None:
    assert set(found(shop, text)) <= {"red", "set"}


def test_a_text_without_words_finds_nothing(shop: Database) -> None:
    assert [found(shop, text) for text in ("", " ", "😀 %")] == [[], [], []]


def test_filters_narrow_a_search(shop: Database) -> None:
    assert found(shop, "red", brands=("Red",)) == ["set"]
    assert found(shop, "red", categories=("Kitchen", "Garden")) == ["red"]
    assert found(shop, "krug", price_min=6) == ["men"]
    assert browse.find(shop, ItemFilter(text="krug", price_max=6)) == ["set"]


def test_no_more_is_returned_than_asked_for(shop: Database) -> None:
    assert len(browse.search(shop, ItemFilter(text="red"), 1)) == 1


def test_the_better_match_is_more_relevant(shop: Database) -> None:
    best, next_best = browse.search(shop, ItemFilter(text="red"), 2)
    assert (best.item_id, next_best.item_id) == ("red", "set")
    assert best.relevance > next_best.relevance > 0


def test_the_index_follows_every_change(shop: Database) -> None:
    items.upsert(shop, [row("items", item_id="red", title="Blue Cup"), row("items", item_id="new", title="Red Hat")])
    assert (found(shop, "red mug"), found(shop, "blue"), found(shop, "red hat")) == (["set"], ["red"], ["new"])
    items.upsert(shop, [row("items", item_id="new", stock=3)])
    assert found(shop, "red hat") == ["new"]
    with shop.write() as connection:
        connection.execute(delete(tables.items).where(tables.items.c.item_id == "new"))
        connection.execute(update(tables.items).where(tables.items.c.item_id == "set").values(tags=None, brand=None))
    assert (found(shop, "red hat"), found(shop, "krug"), set(found(shop, "set"))) == ([], ["men"], {"set", "men"})
