"""A trained shop in one file, and back in another folder."""

import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import polars as pl
import pytest

from aisle.app.data.backup import restore
from aisle.app.settings import FILE, Settings
from aisle.app.shop import Shop
from aisle.shop.errors import FileError, InputError, NotFound, SchemaError
from aisle.storage.work import models


@pytest.fixture
def file(folder: Path, tmp_path: Path) -> Path:
    """A backup of a trained shop."""
    out = tmp_path / "shop.backup"
    with Shop.open(folder) as shop:
        copied = shop.backup(out)
    assert (copied.model, copied.rows["events"], copied.bytes) == (1, 240, out.stat().st_size)
    return out


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """The settings of a shop that is not there yet."""
    (tmp_path / "new").mkdir()
    return Settings.read(tmp_path / "new")


def test_the_restored_shop_answers_as_the_old_one(folder: Path, file: Path, empty: Settings) -> None:
    copied = restore(empty, file)
    assert (copied.model, copied.rows["events"]) == (1, 240)
    shutil.copy(folder / FILE, empty.folder)  # settings are no part of a backup
    with Shop.open(folder) as old, Shop.open(empty.folder) as new:
        assert new.recommend("user-1").items == old.recommend("user-1").items
        assert new.train().version == 2
    assert sorted(bundle.name for bundle in empty.bundles.iterdir()) == ["000001", "000002"]


def test_models_whose_bundle_is_not_in_the_backup_cannot_go_live(folder: Path, tmp_path: Path, empty: Settings) -> None:
    with Shop.open(folder) as shop:
        models.add(shop.db, recipe={}, metrics={})
        shop.backup(tmp_path / "two.backup")
    restore(empty, tmp_path / "two.backup")
    with Shop(empty) as new:
        assert [row.path for row in new.models()] == [None, "000001"]


def test_the_archive_is_a_zip_of_parquet_that_only_its_owner_can_read(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive, archive.open("tables/events/00000.parquet") as events:
        assert pl.read_parquet(events).height == 240
        assert not [name for name in archive.namelist() if "toml" in name]


def test_data_is_only_replaced_by_force(folder: Path, file: Path) -> None:
    settings = Settings.read(folder)
    with pytest.raises(InputError, match="holds data; give --force"):
        restore(settings, file)
    with Shop(settings) as shop:
        shop.erase_user("user-1")
        shop.erase_user("user-2")
    assert restore(settings, file, force=True).rows["events"] == 228
    with Shop(settings) as shop:
        assert len(shop.recommend("user-3").items) == 10
        with pytest.raises(NotFound):
            shop.export_user("user-1")
    assert [bundle.name for bundle in settings.bundles.iterdir()] == ["000001"]


def test_a_shop_without_a_model_is_backed_up_too(untrained_folder: Path, tmp_path: Path, empty: Settings) -> None:
    with Shop.open(untrained_folder) as shop:
        assert shop.backup(tmp_path / "a.backup").model is None
    assert restore(empty, tmp_path / "a.backup").rows["events"] == 240
    assert not empty.bundles.exists()


def test_a_backup_overwrites_nothing(folder: Path, file: Path, tmp_path: Path) -> None:
    with Shop.open(folder) as shop:
        with pytest.raises(FileError, match="is there already"):
            shop.backup(file)
        with pytest.raises(FileError, match="cannot write"):
            shop.backup(tmp_path / "nowhere" / "a.backup")
    assert [path.name for path in tmp_path.glob(".*")] == []


Change = Callable[[dict[str, bytes]], None]


def _rewritten(file: Path, change: Change) -> Path:
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def _manifest(**values: object) -> Change:
    def change(members: dict[str, bytes]) -> None:
        manifest = msgspec.json.decode(members["manifest.json"])
        members["manifest.json"] = msgspec.json.encode(manifest | values)

    return change


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda members: members.pop("manifest.json"), FileError, "is no backup of Aisle"),
        (_manifest(created="soon"), FileError, "is no backup of Aisle"),
        (_manifest(format=2), SchemaError, "written by a newer Aisle"),
        (_manifest(db_schema="9999"), SchemaError, "written by a newer Aisle"),
        (lambda members: members.pop("tables/events/00000.parquet"), FileError, "is missing in the backup"),
        (lambda members: members.pop("model/manifest.json"), FileError, "is missing in the backup"),
        (lambda members: members.update({"tables/items/00000.parquet": b"x"}), FileError, "is damaged in the backup"),
        (lambda members: members.update({"model/manifest.json": b"{}"}), FileError, "is damaged in the backup"),
    ],
)
def test_a_damaged_or_foreign_backup_changes_nothing(
    folder: Path, file: Path, change: Change, error: type[Exception], message: str
) -> None:
    settings = Settings.read(folder)
    _rewritten(file, change)
    with Shop(settings) as shop:
        shop.import_events(pl.DataFrame({"user_id": ["new"], "item_id": ["tea-1"], "timestamp": ["2024-01-01"]}))
    with pytest.raises(error, match=message):
        restore(settings, file, force=True)
    with Shop(settings) as shop:
        assert len(shop.export_user("new")["events"]) == 1
        assert len(shop.recommend("user-1").items) == 10
    assert [bundle.name for bundle in settings.bundles.iterdir()] == ["000001"]


@pytest.mark.parametrize("content", [None, b"", b"PK no archive"])
def test_a_file_that_is_no_archive_is_named(tmp_path: Path, empty: Settings, content: bytes | None) -> None:
    path = tmp_path / "odd.backup"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileError, match=r"odd\.backup"):
        restore(empty, path)
