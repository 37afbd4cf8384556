"""Two workers map one copy of the model; `make faults` measures it with 500 MB."""

from pathlib import Path

from tests.faults.memory import make_large, proportional_memory


def test_two_workers_share_the_model(tmp_path: Path) -> None:
    make_large(tmp_path / "small", 1)
    make_large(tmp_path / "large", 100)
    small = [proportional_memory(tmp_path / "small", workers) for workers in (1, 2)]
    large = [proportional_memory(tmp_path / "large", workers) for workers in (1, 2)]
    assert large[0] - small[0] > 90e6
    # A second worker costs as much whatever the size of the model.
    assert (large[1] - large[0]) - (small[1] - small[0]) < 40e6
