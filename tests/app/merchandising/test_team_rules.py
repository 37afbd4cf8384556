from pathlib import Path

import pytest

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop import columns, moments
from aisle.shop.errors import Conflict, InputError, NotFound
from aisle.storage.catalogue import items
from aisle.storage.shelves import rule_drafts


def test_publishing_shows_at_once_and_undo_takes_it_back(shop: Shop) -> None:
    before = _shown(shop)
    row = shop.rules.publish("bestsellers", {"pins": [before[4]], "price_max": None}, "ann", after=0)
    assert (row.version, _shown(shop)[0]) == (1, before[4])
    one = shop.rules.show("bestsellers")
    assert (one.version, one.published, one.rules["pins"]) == (
        1,
        {"pins": [before[4]], "price_max": None},
        (before[4],),
    )
    with pytest.raises(Conflict, match="at version 1 meanwhile"):
        shop.rules.publish("bestsellers", {}, "bob", after=0)
    assert shop.rules.undo("bestsellers", "bob").version == 1
    assert _shown(shop) == before
    assert [line.author for line in shop.rules.history("bestsellers")] == ["bob", "ann"]


def test_wrong_rules_placements_and_schedules_are_refused(shop: Shop) -> None:
    with pytest.raises(NotFound, match="no placement 'attic'"):
        shop.rules.publish("attic", {}, "ann")
    with pytest.raises(NotFound, match="no placement 'attic'"):
        shop.rules.undo("attic", "ann")
    with pytest.raises(InputError, match="names nothing"):
        shop.rules.publish("cart", {"boosts": {"moon": 2}}, "ann")
    now = moments.now()
    for starts, ends in ((None, now - 1), (now + 10**9, now + 10**8)):
        with pytest.raises(InputError, match="before it begins; end it later"):
            shop.rules.publish("cart", {}, "ann", starts=starts, ends=ends)
    assert shop.rules.history("cart") == []


def test_a_pin_that_cannot_be_shown_is_skipped_and_told(shop: Shop) -> None:
    for item_id, gone in (("tea-1", {columns.STOCK: 0}), ("tea-2", {columns.HIDDEN: True})):
        values = {columns.ITEM_ID: item_id} | gone
        items.upsert(shop.db, [tuple(values.get(name) for name in columns.ITEMS)])
    items.remove(shop.db, ["tea-3"])
    rules = {"pins": ["tea-1", "tea-2", "tea-3", "typo", "tea-4", "category:Tea", "brand:none"], "locks": {"tea-5": 9}}
    assert shop.rules.skipped("bestsellers", rules) == {
        "tea-1": "is sold out",
        "tea-2": "is hidden everywhere",
        "tea-3": "is not in the catalogue",
        "typo": "is not in the catalogue",
        "brand:none": "has no item that can be sold",
    }
    shop.rules.publish("bestsellers", rules, "ann")
    assert _shown(shop)[0] == "tea-4"


def test_the_export_is_what_the_settings_would_say(shop: Shop, tmp_path: Path) -> None:
    rules = {
        "pins": ["a\"'\\ü"],
        "boosts": {"brand:A.b": 2.5},
        "not_bought_within_days": float("inf"),
        "one_per_group": False,
    }
    shop.rules.publish("cart", rules, "ann")
    shop.rules.publish("trending", {"price_max": None}, "ann")
    text = shop.rules.export()
    (tmp_path / "aisle.toml").write_text(text)
    assert Settings.read(tmp_path).placements["cart"].model_extra == rules
    assert "# price_max is taken away" in text
    assert shop.rules.export("bestsellers") == ""


def test_the_real_engine_shows_a_draft(shop: Shop) -> None:
    shop.rules.publish("bestsellers", {"pins": ["tea-1"]}, "ann")
    draft = shop.rules.request("bestsellers", {"locks": {"tool-2": 3}}, n=5)
    shown = [item.item_id for item in shop.shelf(draft).items]
    assert (shown[2], shown[0] == "tea-1") == ("tool-2", False)
    rule_drafts.save(shop.db, "bestsellers", "bob", "{}", 1, 0)
    assert [one.author for one in shop.rules.show("bestsellers").drafts] == ["bob"]


def _shown(shop: Shop) -> list[str]:
    return [item.item_id for item in shop.recommend(None, 8, placement="bestsellers").items]
