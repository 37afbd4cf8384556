from pathlib import Path

import msgspec

from tests.runner import Runner


def test_train_shows_figures_and_the_verdict(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "train")
    assert ran.code == 0
    assert "popularity" in ran.out
    assert "NDCG" in ran.out
    assert "Model 2 is live" in ran.out


def test_a_model_that_loses_stays_out(aisle: Runner, folder: Path) -> None:
    assert "Model 2 stays out" in aisle("-C", folder, "train", "--model", "popularity").out


def test_training_for_programs(aisle: Runner, folder: Path) -> None:
    answer = msgspec.json.decode(aisle("-C", folder, "train", "--json").out)
    assert (answer["version"], answer["live"], answer["users"]) == (2, True, 40)


def test_evaluate_lists_each_model(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "evaluate", "--models", "als,popularity", "-n", 5)
    assert "the best 5 of all items" in ran.out
    assert "novel" in ran.out
    rows = msgspec.json.decode(aisle("-C", folder, "evaluate", "--models", "als", "--json").out)
    assert [row["model"] for row in rows] == ["als"]


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


def test_an_unknown_model_is_named(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "train", "--model", "oracle")
    assert (ran.code, "oracle" in ran.err) == (2, True)


def test_a_person_may_promote_what_the_gate_refused(aisle: Runner, folder: Path) -> None:
    assert "aisle models promote 2" in aisle("-C", folder, "train", "--model", "popularity").out
    assert aisle("-C", folder, "models", "promote", 2).code == 0
    assert msgspec.json.decode(aisle("-C", folder, "models", "list", "--json").out)[0]["status"] == "live"


def test_a_version_that_does_not_exist_is_named(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "models", "promote", 9)
    assert (ran.code, "no model 9" in ran.err) == (2, True)
