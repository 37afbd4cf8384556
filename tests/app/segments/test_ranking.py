"""How models rank for the members of a segment, on sampled shelves that can be worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from aisle.app.data.people import erase_person
from aisle.app.segments.ranking import ranks_for
from aisle.app.shop import Shop
from aisle.engine.recipe import SHELF_SAMPLE
from aisle.engine.request import MAIN_PLACEMENT
from aisle.models import registry
from aisle.models.bundle import Bundle
from aisle.models.registry import ModelRow
from aisle.recommenders.base import NoSettings
from aisle.recommenders.second_stage.shelf_sample import SampledShelf, ShelfSample
from aisle.storage.digest import digest


def shelf(user_id: str, scores: list[float], taken: list[int]) -> SampledShelf:
    items = np.arange(len(scores), dtype=np.int32)
    return SampledShelf(
        digest(user_id),
        items,
        np.array(scores, np.float32),
        np.zeros(len(items), np.uint8),
        np.full(len(items), np.inf, np.float32),
        may_be_filled=False,
        cart=np.zeros(0, np.int32),
        taken=np.array(taken, np.int32),
        money=np.ones(len(taken)),
    )


@pytest.fixture
def shop(folder: Path) -> Shop:
    """A shop whose newest model ranks best for anna what she takes, and second for ben; cleo takes nothing."""
    shop = Shop.open(folder)
    row = registry.live(shop.db)
    assert row is not None
    bundle = registry.load(shop.settings.bundles, row)
    shelves = [shelf("anna", [0.1, 0.9], [1]), shelf("ben", [0.1, 0.9], [0]), shelf("cleo", [0.5, 0.4], [])]
    sample = ShelfSample(NoSettings()).fit({MAIN_PLACEMENT: shelves}, np.zeros(0, np.int32))
    parts = bundle.parts | {SHELF_SAMPLE: sample}
    registry.publish(shop.db, shop.settings.bundles, Bundle(bundle.manifest, bundle.items, parts))
    return shop


def newest_first(shop: Shop) -> list[ModelRow]:
    return registry.list_(shop.db)[::-1]


def ranks(shop: Shop, *user_ids: str) -> tuple[int, float | None]:
    found = ranks_for(shop.db, newest_first(shop), shop.settings.bundles, user_ids)[0]
    return found.members, None if found.ndcg is None else round(found.ndcg.value, 3)


def test_members_are_told_apart_from_all(shop: Shop) -> None:
    assert ranks(shop, "anna") == (1, 1.0)
    assert ranks(shop, "anna", "ben", "dora") == (2, round((1 + 1 / np.log2(3)) / 2, 3))
    rows = newest_first(shop)
    newest = ranks_for(shop.db, rows, shop.settings.bundles, ["anna"])[0]
    assert (newest.version, newest.shoppers) == (rows[0].version, 3)
    assert newest.of_all is not None
    assert newest.of_all.value == pytest.approx((1 + 1 / np.log2(3)) / 2)


def test_nothing_is_told_of_nobody_or_of_who_took_nothing(shop: Shop) -> None:
    assert ranks(shop) == (0, None)
    assert ranks(shop, "cleo") == (1, None)


def test_the_shelves_of_erased_people_count_no_more(shop: Shop) -> None:
    erase_person(shop.db, shop.settings, "anna")
    assert ranks(shop, "anna") == (0, None)


def test_a_model_whose_files_are_gone_is_left_out(shop: Shop) -> None:
    rows = newest_first(shop)
    place = registry.place(shop.settings.bundles, rows[0])
    (place / "manifest.json").write_text("{}")
    told = ranks_for(shop.db, rows, shop.settings.bundles, ["anna"])
    assert rows[0].version not in [one.version for one in told]
