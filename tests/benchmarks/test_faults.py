import subprocess
import sys


def test_a_quick_look_prints_what_was_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.faults", "--only", "damage", "--times", "0.01", "--no-page"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "5 of 5 refused" in done.stdout
    assert "a whole one is taken" in done.stdout
