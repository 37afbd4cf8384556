"""Files for a start while the database is away: whole or not at all, and never a reason to fail."""

import logging
import os
from pathlib import Path

import pytest

from aisle.app.serving import last_known
from aisle.app.serving.last_known import CATALOGUE, KEYS, MODEL, NOTHING, LastKnown
from aisle.shop.facts import ItemFacts

TEA = ItemFacts("tea", title="Tea", price=12_500_000, hidden=True)


def test_what_was_kept_last_is_known(tmp_path: Path) -> None:
    kept = LastKnown(tmp_path / "last-known")
    kept.keep(CATALOGUE, [TEA, ItemFacts("pot")])
    kept.keep(CATALOGUE, [TEA])
    assert LastKnown(tmp_path / "last-known").read(CATALOGUE, ItemFacts) == [TEA]
    assert [path.name for path in (tmp_path / "last-known").iterdir()] == [CATALOGUE]


def test_many_rows_are_written_in_parts(tmp_path: Path) -> None:
    rows = [ItemFacts(f"item-{number}") for number in range(3 * last_known.LINES + 1)]
    LastKnown(tmp_path).keep(CATALOGUE, rows)
    assert LastKnown(tmp_path).read(CATALOGUE, ItemFacts) == rows


def test_only_the_owner_may_read_the_files(tmp_path: Path) -> None:
    LastKnown(tmp_path).keep(KEYS, [TEA])
    assert (tmp_path / KEYS).stat().st_mode & 0o777 == 0o600


def test_nothing_is_known_before_all_was_kept(tmp_path: Path) -> None:
    kept = LastKnown(tmp_path)
    assert kept.read(CATALOGUE, ItemFacts) == []
    for name in (MODEL, CATALOGUE, KEYS):
        assert not kept.is_there
        kept.keep(name, [])
    assert kept.is_there


def test_a_damaged_file_is_left_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    LastKnown(tmp_path).keep(CATALOGUE, [TEA])
    whole = (tmp_path / CATALOGUE).read_bytes()
    (tmp_path / CATALOGUE).write_bytes(whole[:-5])
    with caplog.at_level(logging.WARNING):
        assert LastKnown(tmp_path).read(CATALOGUE, ItemFacts) == []
    assert "is left aside" in caplog.text


def test_a_disk_that_refuses_is_told_and_keeps_what_was_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    LastKnown(tmp_path).keep(CATALOGUE, [TEA])

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with caplog.at_level(logging.WARNING):
        LastKnown(tmp_path).keep(CATALOGUE, [])
    assert "No space left on device" in caplog.text
    assert LastKnown(tmp_path).read(CATALOGUE, ItemFacts) == [TEA]
    assert len(list(tmp_path.iterdir())) == 1


def test_outside_of_a_server_nothing_is_kept(tmp_path: Path) -> None:
    NOTHING.keep(CATALOGUE, [TEA])
    assert NOTHING.read(CATALOGUE, ItemFacts) == []
    assert not NOTHING.is_there
