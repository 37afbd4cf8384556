"""What the workers of a server share beside the copy of a bundle."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from aisle.app.serving.private_bundles import PrivateBundles
from aisle.app.shop import Shop
from aisle.shop.errors import BundleError

VECTORS = np.arange(6, dtype=np.float32).reshape(3, 2)


@pytest.fixture
def bundles(tmp_path: Path) -> PrivateBundles:
    (tmp_path / "copies" / "digest").mkdir(parents=True)
    return PrivateBundles(tmp_path / "models", tmp_path / "copies")


def test_the_first_worker_computes_and_all_map_the_same_file(bundles: PrivateBundles, tmp_path: Path) -> None:
    first = bundles.shared("digest", "vectors", VECTORS.copy)
    second = bundles.shared("digest", "vectors", lambda: pytest.fail("computed twice"))
    assert isinstance(second, np.memmap)
    np.testing.assert_array_equal(first, VECTORS)
    np.testing.assert_array_equal(second, VECTORS)
    assert [file.name for file in (tmp_path / "copies" / "digest").iterdir()] == ["vectors.shared.npy"]


def test_a_worker_whose_copy_was_cleared_away_computes_for_itself(bundles: PrivateBundles) -> None:
    np.testing.assert_array_equal(bundles.shared("another", "vectors", VECTORS.copy), VECTORS)


def test_a_file_that_was_not_written_to_its_end_is_written_again(bundles: PrivateBundles, tmp_path: Path) -> None:
    (tmp_path / "copies" / "digest" / "vectors.shared.partial").write_bytes(b"half")
    np.testing.assert_array_equal(bundles.shared("digest", "vectors", VECTORS.copy), VECTORS)


def test_what_is_damaged_is_named_by_its_place_in_the_shop(folder: Path, tmp_path: Path) -> None:
    with Shop.open(folder) as shop:
        row, models = shop.models()[0], shop.settings.bundles
    os.truncate(models / "000001" / "items.bytes.npy", 10)
    (tmp_path / "copies").mkdir()
    with pytest.raises(BundleError, match=f"bundle {re.escape(str(models))}/000001: items.bytes.npy has 10 bytes"):
        PrivateBundles(models, tmp_path / "copies").open(row, "digest")


def test_a_bundle_that_changes_while_it_is_copied_is_no_copy(folder: Path, tmp_path: Path) -> None:
    with Shop.open(folder) as shop:
        row, models = shop.models()[0], shop.settings.bundles
    (tmp_path / "copies").mkdir()
    with pytest.raises(BundleError, match="changed while it was copied"):
        PrivateBundles(models, tmp_path / "copies").open(row, "unreadable")
    assert not (tmp_path / "copies" / "unreadable").exists()
