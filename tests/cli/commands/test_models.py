from pathlib import Path

import msgspec

from tests.runner import Runner


def test_models_are_listed_and_rolled_back(aisle: Runner, folder: Path) -> None:
    aisle("-C", folder, "train")
    assert [row["status"] for row in msgspec.json.decode(aisle("-C", folder, "models", "list", "--json").out)] == [
        "live",
        "retired",
    ]
    assert "Model 1 is live again" in aisle("-C", folder, "models", "rollback").out
    assert "live" in aisle("-C", folder, "models", "list").out


def test_there_may_be_nothing_to_go_back_to(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "models", "rollback")
    assert (ran.code, "aisle train" in ran.err) == (2, True)


def test_a_shop_without_models_says_so(aisle: Runner, untrained_folder: Path) -> None:
    assert "run aisle train" in aisle("-C", untrained_folder, "models", "list").out


def test_a_person_may_promote_what_the_gate_refused(aisle: Runner, folder: Path) -> None:
    assert "aisle models promote 2" in aisle("-C", folder, "train", "--model", "popularity").out
    assert aisle("-C", folder, "models", "promote", 2).code == 0
    assert msgspec.json.decode(aisle("-C", folder, "models", "list", "--json").out)[0]["status"] == "live"


def test_a_version_that_does_not_exist_is_named(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "models", "promote", 9)
    assert (ran.code, "no model 9" in ran.err) == (2, True)


def test_a_list_of_models_without_runs_has_no_column_for_them(aisle: Runner, folder: Path) -> None:
    assert "run" not in aisle("-C", folder, "models", "list").out
