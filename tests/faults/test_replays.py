"""However often an event is sent, it is stored once."""

from pathlib import Path

import pytest

from tests import databases
from tests.faults.replays import replay


@pytest.mark.parametrize("kind", databases.KINDS)
def test_replays_by_many_clients_store_each_event_once(kind: str, tmp_path: Path) -> None:
    databases.needed(kind)
    with databases.new_shop(kind, tmp_path) as url:
        replays = replay(kind, url, 2_000, 5)
    assert (replays.stored, replays.duplicate) == (2_000, 8_000)
    assert (replays.kept, replays.duplicates) == (2_000, 0)


def test_a_table_that_does_not_hold_equal_ids_together_is_found_out(tmp_path: Path) -> None:
    with databases.new_shop("sqlite", tmp_path) as url:
        assert replay("sqlite", url, 100, 3, sabotaged=True).duplicates > 0
