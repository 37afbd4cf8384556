import threading

from aisle.storage import backup
from aisle.storage.catalogue import item_changes, items
from aisle.storage.connection import Database
from tests.storage.samples import row


def test_only_what_changed_since_a_version_is_told(db: Database) -> None:
    start = item_changes.since(db, 0).version
    items.upsert(db, [row("items", item_id="i", title="Mug"), row("items", item_id="j")])
    first = item_changes.since(db, start)
    assert sorted(first.item_ids) == ["i", "j"]
    items.upsert(db, [row("items", item_id="i", title="Cup")])
    second = item_changes.since(db, first.version)
    assert second.item_ids == ["i"]
    assert item_changes.since(db, second.version) == (second.version, [])


def test_a_row_that_changes_nothing_is_no_change(db: Database) -> None:
    items.upsert(db, [row("items", item_id="i", title="Mug")])
    version = item_changes.since(db, 0).version
    items.upsert(db, [row("items", item_id="i", title="Mug")])
    assert item_changes.since(db, version) == (version, [])


def test_after_a_restore_everything_has_changed(db: Database) -> None:
    items.upsert(db, [row("items", item_id="kept")])
    saved = list(backup.dump(db))
    items.upsert(db, [row("items", item_id="new")])
    version = item_changes.since(db, 0).version
    backup.load(db, saved)
    assert sorted(item_changes.since(db, version).item_ids) == ["kept", "new"]


def test_versions_become_visible_in_their_order(db: Database) -> None:
    """A writer that is slow to commit holds back the next one, so that nobody misses its version."""
    items.upsert(db, [row("items", item_id="i")])
    version = item_changes.since(db, 0).version
    later = threading.Thread(target=items.upsert, args=(db, [row("items", item_id="second")]))
    with db.write() as connection:
        item_changes.enter(connection, ["first"])
        later.start()
        assert item_changes.since(db, version) == (version, [])
    later.join()
    assert item_changes.since(db, version + 1) == (version + 2, ["second"])
