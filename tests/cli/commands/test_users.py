import shutil
import stat
from pathlib import Path

import msgspec
import pytest

from tests.runner import Runner


@pytest.fixture
def shop(untrained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_folder, tmp_path / "shop")


def test_an_export_is_one_document_that_people_and_programs_read(aisle: Runner, shop: Path) -> None:
    held = msgspec.json.decode(aisle("-C", shop, "users", "export", "user-1").out)
    assert held["user_id"] == "user-1"
    assert len(held["events"]) == 6
    assert held["events"][0]["price"] == 12.5
    assert held["events"][0]["timestamp"].endswith("+00:00")
    assert "rating" not in held["events"][0]


def test_an_export_is_written_for_its_owners_eyes_only(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "user-1.json"
    assert str(out) in aisle("-C", shop, "users", "export", "user-1", "--out", out).out
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert len(msgspec.json.decode(out.read_bytes())["events"]) == 6
    assert "choose another file" in aisle("-C", shop, "users", "export", "user-1", "--out", out).err


def test_a_person_unknown_is_no_export(aisle: Runner, shop: Path) -> None:
    ran = aisle("-C", shop, "users", "export", "USER-1")
    assert (ran.code, "nothing is held on user 'USER-1'" in ran.err) == (2, True)


def test_erasing_prints_a_receipt_and_keeps_the_person_away(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    receipt = msgspec.json.decode(aisle("-C", shop, "users", "erase", "user-1", "--json").out)
    assert receipt["rows"]["events"] == 6
    assert aisle("-C", shop, "users", "export", "user-1").code == 2
    file = tmp_path / "again.csv"
    file.write_text("user_id,item_id,timestamp\nuser-1,tea-1,2024-01-01\nuser-2,tea-1,2024-01-01\n")
    ran = aisle("-C", shop, "import", file, "--yes")
    assert "2 read, 1 stored, 0 duplicate, 0 rejected, 1 of erased people refused" in ran.out


def test_erasing_asks_for_the_id_again(aisle: Runner, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "user-2")
    ran = aisle("-C", shop, "users", "erase", "user-1")
    assert (ran.code, "nothing was erased" in ran.err) == (2, True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "user-1")
    receipt = aisle("-C", shop, "users", "erase", "user-1").out
    places = ("events", "impressions", "rejects", "Tombstones: 1", "within 1 s")
    assert [place for place in places if place not in receipt] == []


def test_merging_moves_what_was_done_before_signing_in(aisle: Runner, shop: Path) -> None:
    assert "6" in aisle("-C", shop, "users", "merge", "user-3", "user-1").out
    assert len(msgspec.json.decode(aisle("-C", shop, "users", "export", "user-1").out)["events"]) == 12
    assert "Ids of this person: user-1, user-3" in aisle("-C", shop, "users", "erase", "user-1", "--yes").out


def test_a_merge_is_undone(aisle: Runner, shop: Path) -> None:
    aisle("-C", shop, "users", "merge", "user-3", "user-1")
    receipt = msgspec.json.decode(aisle("-C", shop, "users", "unmerge", "user-3", "user-1", "--json").out)
    assert (receipt["ids"], receipt["rows"]["events"]) == (["user-3"], 6)
    again = aisle("-C", shop, "users", "unmerge", "user-3", "user-1")
    assert (again.code, "nothing to undo" in again.err) == (2, True)


@pytest.mark.parametrize("arguments", [["erase", "", "--yes"], ["merge", "\n", "user-1"]])
def test_what_is_no_id_is_refused(aisle: Runner, shop: Path, arguments: list[str]) -> None:
    assert aisle("-C", shop, "users", *arguments).code == 2
