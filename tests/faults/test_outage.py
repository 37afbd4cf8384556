"""A database that stands still empties no shelf and loses no event."""

from pathlib import Path

import pytest

from tests.faults.outage import measure, shop_that_stops
from tests.faults.own_server import is_installed

SECONDS = 3.0


@pytest.mark.parametrize("kind", ["sqlite", "mysql", "postgresql"])
def test_shelves_go_on_while_the_database_stands_still(kind: str, tmp_path: Path) -> None:
    if kind != "sqlite" and not is_installed(kind):
        pytest.skip(f"the server of {kind} is not installed")
    with shop_that_stops(kind, tmp_path / "shop") as (folder, hold):
        outage = measure(folder, hold, SECONDS)
    assert outage.shelves > 20
    assert outage.filled == outage.shelves
    assert outage.lost == 0
    assert outage.acknowledged > 20
    assert outage.healthy_seconds <= 5
    if kind != "sqlite":  # whose readers do not notice a writer's lock
        assert outage.fallbacks["last_known_profile"] > outage.fallbacks[None]
