"""Damaged bundles are refused, and the old model serves on; `make faults` tries five hundred."""

from pathlib import Path

from tests.faults.damage import accepts_whole, offer_damaged, two_models


def test_damaged_bundles_are_refused_and_a_whole_one_is_not(trained_folder: Path, tmp_path: Path) -> None:
    folder = two_models(tmp_path / "shop", trained_folder)
    damage = offer_damaged(folder, 20)
    assert damage.refused == damage.offered == 20
    assert accepts_whole(folder)
