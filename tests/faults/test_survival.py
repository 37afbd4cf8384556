"""Every acknowledged event survives kills on each database and power cuts on SQLite; `make durability` does more."""

import shutil
from pathlib import Path

import pytest

from tests import databases
from tests.faults.survival import Survival, build_shim, kills, power_cuts

KILLED = ("sqlite", "mysql", "postgresql")


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler (cc) to build the power-cut shim with")
    return build_shim(tmp_path_factory.mktemp("shim"))


def _killed(kind: str, folder: Path, lives: int, sabotage: str = "") -> Survival:
    databases.needed(kind)
    with databases.new_shop(kind, folder) as url:
        return kills(kind, url, lives, sabotage)


@pytest.mark.parametrize("kind", KILLED)
def test_a_kill_loses_nothing_that_was_acknowledged(kind: str, tmp_path: Path) -> None:
    survival = _killed(kind, tmp_path, 20)
    assert survival.acknowledged > 100
    assert survival.replays == {"duplicate"}
    assert survival.kept, survival


@pytest.mark.parametrize("kind", KILLED)
def test_a_writer_that_acknowledges_before_it_commits_is_found_out(kind: str, tmp_path: Path) -> None:
    assert _killed(kind, tmp_path, 3, "early").lost > 0


@pytest.mark.parametrize("kind", databases.JOURNAL_MODES)
def test_a_power_cut_loses_nothing_that_was_acknowledged(kind: str, tmp_path: Path, shim: Path) -> None:
    survival = power_cuts(kind, tmp_path, shim, 10)
    assert survival.acknowledged > 50
    assert survival.kept, survival


@pytest.mark.parametrize("kind", databases.JOURNAL_MODES)
def test_a_database_that_syncs_too_seldom_is_found_out(kind: str, tmp_path: Path, shim: Path) -> None:
    def loses(seed: int) -> bool:
        folder = tmp_path / str(seed)
        folder.mkdir()
        return power_cuts(kind, folder, shim, 5, "relaxed", seed).lost > 0

    assert any(map(loses, range(1, 7)))  # by chance everything may be synced when the power goes
