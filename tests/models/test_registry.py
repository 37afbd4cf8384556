from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from aisle.models import registry
from aisle.models.registry import KEPT, ModelRow
from aisle.shop.errors import BundleError, NoModel
from aisle.storage import migrations
from aisle.storage.connection import Database, connect
from tests.models.tiny import bundle_of, tiny_by_name


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(f"sqlite:///{tmp_path}/aisle.db", create=True) as opened:
        migrations.upgrade(opened)
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def _publish(db: Database, folder: Path, count: int = 1) -> list[int]:
    return [registry.publish(db, folder, bundle_of()).version for _ in range(count)]


def _promote(db: Database, folder: Path, version: int) -> ModelRow:
    return registry.promote(db, folder, version, lookup=tiny_by_name)


def _rollback(db: Database, folder: Path) -> ModelRow:
    return registry.rollback(db, folder, lookup=tiny_by_name)


def _live_version(db: Database) -> int | None:
    row = registry.live(db)
    return row.version if row else None


def _on_disk(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_published_bundle_is_a_candidate_with_its_recipe_and_figures(db: Database, folder: Path) -> None:
    row = registry.publish(db, folder, bundle_of(), note="first")
    assert (row.version, row.status, row.note) == (1, "candidate", "first")
    assert (row.recipe, row.metrics) == ({"model": "tiny"}, {"recall@20": 0.25})
    assert registry.list_(db) == [row]
    assert registry.load(folder, row, lookup=tiny_by_name).items.ids == ("a", "b ", "ü")
    assert _live_version(db) is None


def test_promotion_and_rollback(db: Database, folder: Path) -> None:
    _publish(db, folder, 2)
    assert _promote(db, folder, 1).status == "live"
    assert _promote(db, folder, 2).version == 2
    assert _rollback(db, folder).version == 1
    assert _live_version(db) == 1


def test_a_bundle_that_cannot_be_saved_is_refused_and_the_next_gets_its_own_version(db: Database, folder: Path) -> None:
    with pytest.raises(BundleError, match="Python objects"):
        registry.publish(db, folder, bundle_of(other=np.array([{}], object)))
    (row,) = registry.list_(db)
    assert (row.status, row.path, row.note) == ("refused", None, "could not be saved")
    assert _publish(db, folder) == [2]


def test_a_damaged_bundle_does_not_go_live(db: Database, folder: Path) -> None:
    _publish(db, folder, 2)
    _promote(db, folder, 1)
    (folder / "000002" / "manifest.json").write_text("{")
    with pytest.raises(BundleError, match=r"damaged manifest\.json"):
        _promote(db, folder, 2)
    assert _live_version(db) == 1


def test_a_rollback_to_a_damaged_bundle_stays_where_it_is(db: Database, folder: Path) -> None:
    _publish(db, folder, 2)
    _promote(db, folder, 1)
    _promote(db, folder, 2)
    (folder / "000001" / "manifest.json").unlink()
    with pytest.raises(BundleError, match=r"no readable manifest\.json"):
        _rollback(db, folder)
    assert _live_version(db) == 2


def test_nothing_to_go_back_to_is_said(db: Database, folder: Path) -> None:
    with pytest.raises(NoModel, match="aisle train"):
        _rollback(db, folder)


def test_old_bundles_are_cleared_away_but_not_the_live_one_nor_the_one_before(db: Database, folder: Path) -> None:
    _publish(db, folder, 2)
    _promote(db, folder, 1)
    _publish(db, folder, KEPT + 3)
    last = KEPT + 5
    _promote(db, folder, last)
    kept = [1, *range(last - KEPT, last + 1)]
    assert _on_disk(folder) == [f"{version:06d}" for version in kept]
    assert [row.version for row in registry.list_(db) if row.path] == kept
    assert _rollback(db, folder).version == 1


def test_a_model_whose_bundle_was_cleared_away_says_so(db: Database, folder: Path) -> None:
    for _ in range(KEPT + 3):
        _promote(db, folder, *_publish(db, folder))
    with pytest.raises(NoModel, match="model 1 is no longer kept"):
        _promote(db, folder, 1)


def test_what_a_crash_left_half_removed_goes_and_strangers_stay(db: Database, folder: Path) -> None:
    (folder / "000077").mkdir(parents=True)
    (folder / "notes").mkdir()
    _publish(db, folder)
    _promote(db, folder, 1)
    assert _on_disk(folder) == ["000001", "notes"]
