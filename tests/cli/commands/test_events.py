import shutil
from pathlib import Path

import msgspec
import pytest

from aisle.app.shop import Shop
from aisle.shop.errors import InputError
from aisle.storage.log import events
from tests.runner import Runner


@pytest.fixture
def shop(untrained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_folder, tmp_path / "shop")


def test_a_dry_run_counts_and_yes_deletes(aisle: Runner, shop: Path) -> None:
    ran = aisle("-C", shop, "events", "delete", "--user-id", "user-1")
    assert "6 events of 1 users" in ran.out
    assert "Nothing was deleted" in ran.out
    assert "6 events deleted" in aisle("-C", shop, "events", "delete", "--user-id", "user-1", "--yes").out
    told = msgspec.json.decode(aisle("-C", shop, "events", "delete", "--user-id", "user-1", "--json").out)
    assert (told["events"], told["deleted"]) == (0, False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "say which events to delete"),
        (("--since", "yesterday"), "'yesterday' is no moment"),
        (("--event", "dance"), "'dance' is no kind of event"),
    ],
)
def test_what_cannot_be_meant_is_refused(aisle: Runner, shop: Path, options: tuple[str, ...], message: str) -> None:
    ran = aisle("-C", shop, "events", "delete", *options, "--yes")
    assert (ran.code, message in ran.err) == (2, True)


def test_a_notebook_deletes_and_takes_back_too(shop: Path) -> None:
    with Shop.open(shop) as opened:
        before = events.count(opened.db)
        assert opened.delete_events(event="buy", until="2100-01-01", dry_run=True).events > 0
        assert events.count(opened.db) == before
        with pytest.raises(InputError, match="say which events"):
            opened.delete_events()
        opened.import_events([{"user_id": "ann", "item_id": "tea", "timestamp": "2024-01-01"}])
        assert opened.undo_import(opened.imports()[0].number)["events"].removed == 1
        assert events.count(opened.db) == before
