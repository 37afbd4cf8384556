import shutil
from pathlib import Path

import msgspec
import pytest

from tests.runner import Runner


@pytest.fixture
def folder(hybrid_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(hybrid_folder, tmp_path / "shop")


def test_the_way_of_an_item_is_told(aisle: Runner, folder: Path) -> None:
    out = aisle("-C", folder, "why", "user-0", "tea-1").out
    for said in ("The tea-1 (tea-1) for user-0", "Reason: ", "sequential_rules", "proposed", "Features that matter"):
        assert said in out


def test_what_is_behind_the_shelf_is_told(aisle: Runner, folder: Path) -> None:
    assert "behind the 1 places" in " ".join(aisle("-C", folder, "why", "user-0", "tool-1", "-n", 1).out.split())


def test_the_way_for_programs(aisle: Runner, folder: Path) -> None:
    told = msgspec.json.decode(aisle("-C", folder, "why", "user-0", "tea-1", "--json").out)
    assert (told["user_id"], told["item_id"], told["model"]) == ("user-0", "tea-1", "hybrid")
    assert told["proposals"][0].keys() == {"source", "rank", "score", "proposed", "adds"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nobody", "tea-1"], "nothing of user 'nobody'"), (["user-0", "cake"], "no item 'cake'")],
)
def test_whoever_is_unknown_costs_one_clear_line(aisle: Runner, folder: Path, arguments: list[str], said: str) -> None:
    ran = aisle("-C", folder, "why", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_shelf_says_why_on_request(aisle: Runner, folder: Path) -> None:
    words = aisle("-C", folder, "recommend", "--user-id", "nobody", "-n", 3, "--explain").out
    assert "popular in T" in words
    assert "popular in T" not in aisle("-C", folder, "recommend", "--user-id", "nobody", "-n", 3).out
