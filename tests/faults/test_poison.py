"""Whatever is sent, nothing crashes, and every database says the same."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from aisle.storage.connection import Database
from aisle.storage.log.writer import EventWriter
from tests import databases
from tests.faults.poison import compare, poison, unchecked_events


@pytest.fixture
def dbs(tmp_path: Path) -> Iterator[dict[str, Database]]:
    """A new shop on every database."""
    with ExitStack() as stack:
        dbs = {}
        for kind in databases.KINDS:
            databases.needed(kind)
            (tmp_path / kind).mkdir()
            url = stack.enter_context(databases.new_shop(kind, tmp_path / kind))
            dbs[kind] = stack.enter_context(databases.open_database(kind, url))
        yield dbs


def test_generated_events_get_the_same_answer_from_every_database(dbs: dict[str, Database]) -> None:
    poisoned = poison(dbs, 40)
    assert poisoned.rejected > 400
    assert poisoned.differing == 0
    assert poisoned.statuses <= {"stored", "duplicate"}


def test_without_the_checks_the_databases_differ(dbs: dict[str, Database]) -> None:
    with ExitStack() as stack:
        writers = {kind: stack.enter_context(EventWriter(db)) for kind, db in dbs.items()}
        assert len(set(compare(writers, unchecked_events()))) > 1
