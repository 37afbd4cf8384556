"""A full disk costs an error, not an event."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.faults.full_disk import fill, small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    try:
        mounting = small_disk(tmp_path)
        mounted = mounting.__enter__()
    except OSError as error:
        pytest.skip(str(error))
    yield mounted
    mounting.__exit__(None, None, None)


@pytest.mark.parametrize("kind", databases.JOURNAL_MODES)
def test_a_full_disk_loses_nothing_and_is_left_without_a_restart(kind: str, disk: Path) -> None:
    filled = fill(kind, disk)
    assert "the disk is full; free some space" in filled.error
    assert filled.acknowledged > 1_000
    assert filled.read == filled.acknowledged
    assert filled.recovered
    assert (filled.lost, filled.damage) == (0, [])


def test_a_writer_that_acknowledges_whatever_happens_is_found_out(disk: Path) -> None:
    assert fill("sqlite", disk, sabotaged=True).lost > 0
