from pathlib import Path

import pytest

from aisle.storage.log import events as log
from aisle.storage.tables import events
from benchmarks.shared.log import ids_with
from tests import databases
from tests.storage.samples import event


@pytest.mark.parametrize("kind", databases.KINDS)
def test_ids_come_as_the_shop_wrote_them(kind: str, tmp_path: Path) -> None:
    databases.needed(kind)
    with databases.new_shop(kind, tmp_path) as url, databases.open_database(kind, url) as db:
        log.store(db, [event(number, user_id=f"Zoë {number % 4}") for number in range(1, 10)])
        assert ids_with(db, events.c.user_id, 2, 1) == ["Zoë 0", "Zoë 1"]
        assert ids_with(db, events.c.user_id, 2, 3) == ["Zoë 1"]
        assert ids_with(db, events.c.user_id, 9, 1, 2) == ["Zoë 0", "Zoë 2", "Zoë 3"]
