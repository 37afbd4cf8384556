"""Models are exchanged without an error and without a shelf of two of them; `make faults` does it 200 times."""

from pathlib import Path

from tests.faults.swaps import swap, two_shelves


def test_models_are_exchanged_under_load(trained_folder: Path, tmp_path: Path) -> None:
    swaps = swap(two_shelves(tmp_path / "shop", trained_folder), times=3)
    assert swaps.swaps == 3
    assert swaps.requests > 20
    assert (swaps.errors, swaps.mixed) == (0, [])
