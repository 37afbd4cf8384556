import shutil
from pathlib import Path

import msgspec
import pytest

from tests.runner import Runner


@pytest.fixture
def folder(hybrid_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(hybrid_folder, tmp_path / "shop")


def test_an_item_is_explained(aisle: Runner, folder: Path) -> None:
    out = aisle("-C", folder, "why", "user-0", "tea-1").out
    for text in ("The tea-1 (tea-1) for user-0", "Reason: ", "sequential_rules", "proposed", "Features that matter"):
        assert text in out


def test_an_item_behind_the_shelf_is_explained(aisle: Runner, folder: Path) -> None:
    assert "behind the 1 places" in " ".join(aisle("-C", folder, "why", "user-0", "tool-1", "-n", 1).out.split())


def test_an_explanation_for_programs(aisle: Runner, folder: Path) -> None:
    explanation = msgspec.json.decode(aisle("-C", folder, "why", "user-0", "tea-1", "--json").out)
    assert (explanation["user_id"], explanation["item_id"], explanation["model"]) == ("user-0", "tea-1", "hybrid")
    assert explanation["proposals"][0].keys() == {"source", "rank", "score", "proposed", "adds"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["nobody", "tea-1"], "nothing of user 'nobody'"), (["user-0", "cake"], "no item 'cake'")],
)
def test_an_unknown_id_costs_one_clear_line(aisle: Runner, folder: Path, arguments: list[str], message: str) -> None:
    ran = aisle("-C", folder, "why", *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1


def test_a_shelf_says_why_on_request(aisle: Runner, folder: Path) -> None:
    words = aisle("-C", folder, "recommend", "--user-id", "nobody", "-n", 3, "--explain").out
    assert "popular in T" in words
    assert "popular in T" not in aisle("-C", folder, "recommend", "--user-id", "nobody", "-n", 3).out
