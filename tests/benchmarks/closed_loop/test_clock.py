"""The clock of the closed loop: other processes read what it was set to, and only who follows it lives by it."""

import time
from pathlib import Path

from aisle.app.settings import Settings
from aisle.shop import moments
from benchmarks.closed_loop.clock import FileClock


def test_another_reader_sees_what_was_set(tmp_path: Path) -> None:
    clock = FileClock(tmp_path / "clock", 5)
    other = FileClock(tmp_path / "clock")
    assert other.read() == 5
    clock.set(moments.DAY)
    assert other.read() == moments.DAY


def test_time_does_not_run_back(tmp_path: Path) -> None:
    clock = FileClock(tmp_path / "clock", 5)
    clock.set(4)
    assert clock.read() == 5


def test_who_follows_it_lives_by_it_until_the_end(tmp_path: Path) -> None:
    with FileClock(tmp_path / "clock", 7).followed():
        assert moments.now() == 7
    assert abs(moments.now() - time.time_ns() // 1000) < moments.MINUTE


def test_no_setting_of_a_shop_names_a_clock() -> None:
    sections = [Settings, *(field.annotation for field in Settings.model_fields.values())]
    names = {name for section in sections for name in getattr(section, "model_fields", {})}
    assert "train_hour" in names
    assert not [name for name in names if "clock" in name or "now" in name]
