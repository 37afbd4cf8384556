import shutil
from pathlib import Path

import msgspec
import pytest

from tests.runner import Runner

HEADER = "wer,was,wann,preis\n"
LINES = "anna,mug,2024-01-01,5\nanna,tea,2024-01-02,3\nbob,tea,2024-01-03,3\n"
MAPS = ("--map", "wer=user_id", "--map", "was=item_id", "--map", "wann=timestamp")


@pytest.fixture
def shop(untrained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_folder, tmp_path / "shop")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(HEADER + LINES)
    return path


def test_an_import_is_repaired_shown_and_taken_back(aisle: Runner, shop: Path, log: Path) -> None:
    ran = aisle("-C", shop, "import", log, *MAPS, "--event", "view_item", "--yes")
    assert "3 read, 3 stored, 0 duplicate" in ran.out
    number = max(row["number"] for row in msgspec.json.decode(aisle("-C", shop, "imports", "list", "--json").out))
    assert f"aisle imports undo {number} takes it back" in ran.out
    ran = aisle("-C", shop, "import", log, *MAPS, "--map", "preis=price", "--event", "purchase", "--yes")
    assert "3 read, 0 stored, 3 repaired, 0 duplicate" in ran.out
    listed = aisle("-C", shop, "imports", "list").out
    assert "log.csv" in listed
    assert "done" in listed
    assert "preis=price" in aisle("-C", shop, "imports", "show", str(number + 1)).out
    ran = aisle("-C", shop, "imports", "undo", str(number + 1), "--yes")
    assert "events: 0 removed, 3 as before again" in ran.out
    ran = aisle("-C", shop, "imports", "undo", str(number), "--json")
    assert msgspec.json.decode(ran.out) == {"events": {"removed": 3, "restored": 0, "kept": 0}}
    shown = msgspec.json.decode(aisle("-C", shop, "imports", "show", str(number), "--json").out)
    assert shown["still_there"]["events"] == 0
    ran = aisle("-C", shop, "imports", "undo", str(number), "--yes")
    assert (ran.code, f"import {number} was undone on" in ran.err) == (2, True)
    assert "undone" in aisle("-C", shop, "imports", "list").out


def test_an_undo_asks_for_the_number(aisle: Runner, shop: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = msgspec.json.decode(aisle("-C", shop, "import", log, *MAPS, "--json").out)["number"]
    asked: list[str] = []

    def refuse(question: str) -> str:
        asked.append(question)
        return "no"

    monkeypatch.setattr("typer.prompt", refuse)
    ran = aisle("-C", shop, "imports", "undo", str(number))
    assert (ran.code, "nothing was taken back" in ran.err) == (2, True)
    assert "has 3 events in the shop" in asked[0]
    monkeypatch.setattr("typer.prompt", lambda *_, **__: str(number))
    assert "3 removed" in aisle("-C", shop, "imports", "undo", str(number)).out


def test_an_import_unknown_is_one_clear_line(aisle: Runner, shop: Path) -> None:
    for command in ("show", "undo"):
        ran = aisle("-C", shop, "imports", command, "999")
        assert (ran.code, "there is no import 999; aisle imports list shows all" in ran.err) == (2, True)
