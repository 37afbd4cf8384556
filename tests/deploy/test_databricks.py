"""The Databricks bundle, checked without a workspace: by the types of its SDK, and by running its files."""

import ast
import dataclasses
import os
import runpy
import shlex
import shutil
import subprocess
import sys
import typing
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import msgspec
import polars as pl
import pytest
import yaml

from aisle.app.shop import Shop
from tests import trackers
from tests.runner import Runner

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "deploy" / "databricks"
NOTEBOOKS: Final = ("prepare.py", "train.py", "recommend.py")
FILE: Final = yaml.safe_load((FOLDER / "databricks.yml").read_text())


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """A mapping of a bundle with these keys and no others."""


class Named(Strict):
    name: str


class Variable(Strict):
    description: str
    default: str


class Artifact(Strict):
    type: typing.Literal["whl"]
    path: str
    build: str


class Resources(Strict):
    jobs: dict[str, dict[str, Any]]


class Workspace(Strict):
    root_path: str


class Target(Strict):
    mode: typing.Literal["development", "production"]
    default: bool = False
    workspace: Workspace | None = None


class Bundle(Strict):
    """The part of the bundle's configuration that is used here; jobs are those of the Jobs API."""

    bundle: Named
    variables: dict[str, Variable]
    artifacts: dict[str, Artifact]
    resources: Resources
    targets: dict[str, Target]


@pytest.fixture
def bundle() -> Bundle:
    return msgspec.convert(FILE, Bundle)


def jobs() -> dict[str, dict[str, Any]]:
    by_name: dict[str, dict[str, Any]] = FILE["resources"]["jobs"]
    return by_name


def tasks() -> list[tuple[str, dict[str, Any]]]:
    return [(job, task) for job, settings in jobs().items() for task in settings["tasks"]]


def commands() -> list[list[str]]:
    """Return what each task gives to `deploy/databricks/run.py`, without the volume."""
    scripts = [task["spark_python_task"] for _, task in tasks() if "spark_python_task" in task]
    return [script["parameters"][1:] for script in scripts]


def strange(value: Any, kind: Any, path: str = "") -> Iterator[str]:
    """Yield where a value says something that a type of the SDK does not know."""
    arguments = typing.get_args(kind)
    if type(None) in arguments:
        yield from strange(value, next(argument for argument in arguments if argument is not type(None)), path)
    elif isinstance(value, list):
        yield from (place for element in value for place in strange(element, arguments[0], f"{path}[]"))
    elif dataclasses.is_dataclass(kind) and isinstance(value, Mapping):
        known = typing.get_type_hints(kind)
        for name, inner in value.items():
            if name not in known:
                yield f"{path}.{name}"
            else:
                yield from strange(inner, known[name], f"{path}.{name}")
    elif isinstance(kind, type) and hasattr(kind, "__members__"):
        if value not in kind.__members__:
            yield f"{path} = {value}"
    elif kind in (str, bool, int) and not isinstance(value, kind):
        yield f"{path} is {value!r}"


def test_the_bundle_says_nothing_that_bundles_do_not_know(bundle: Bundle) -> None:
    assert bundle.bundle.name == "aisle"
    assert [name for name, target in bundle.targets.items() if target.default] == ["dev"]


@pytest.mark.parametrize("job", jobs())
def test_a_job_says_nothing_that_the_jobs_api_does_not_know(job: str) -> None:
    trackers.needed("databricks.sdk")
    from databricks.sdk.service.jobs import JobSettings

    assert list(strange(jobs()[job], JobSettings)) == []


def test_strange_keys_and_values_are_found() -> None:
    trackers.needed("databricks.sdk")
    from databricks.sdk.service.jobs import JobSettings

    wrong = {
        "nmae": "x",
        "max_concurrent_runs": "1",
        "tasks": [{"task_key": "a", "notebok_task": {}}],
        "schedule": {"pause_status": "OFF"},
    }
    assert sorted(strange(wrong, JobSettings)) == [
        ".max_concurrent_runs is '1'",
        ".nmae",
        ".schedule.pause_status = OFF",
        ".tasks[].notebok_task",
    ]


def test_every_variable_that_is_named_is_declared(bundle: Bundle) -> None:
    text = (FOLDER / "databricks.yml").read_text()
    named = {part.split("}")[0] for part in text.split("${var.")[1:]}
    assert named == bundle.variables.keys()


def test_a_night_goes_from_ingest_to_score() -> None:
    nightly = jobs()["nightly"]["tasks"]
    assert [task["task_key"] for task in nightly] == ["ingest", "prepare", "train", "evaluate", "score"]
    dependencies = [[other["task_key"] for other in task.get("depends_on", [])] for task in nightly]
    assert dependencies == [[], ["ingest"], ["prepare"], ["train"], ["evaluate"]]
    assert jobs()["nightly"]["schedule"]["pause_status"] == "UNPAUSED"


def test_tasks_run_where_there_is_a_machine() -> None:
    for job, task in tasks():
        assert task["job_cluster_key"] in {cluster["job_cluster_key"] for cluster in jobs()[job]["job_clusters"]}


def test_every_file_that_is_named_is_there(bundle: Bundle) -> None:
    for _, task in tasks():
        named = task.get("spark_python_task", {}).get("python_file") or task["notebook_task"]["notebook_path"]
        assert (FOLDER / named).is_file()
    artifact = bundle.artifacts["aisle"]
    assert (FOLDER / artifact.path).resolve() == ROOT
    wheels = {library["whl"] for _, task in tasks() for library in task["libraries"] if "whl" in library}
    assert wheels == {f"{artifact.path}/dist/*.whl"}


@pytest.mark.parametrize("command", commands(), ids=lambda command: shlex.join(command))
def test_every_command_has_these_arguments(aisle: Runner, command: list[str]) -> None:
    ran = aisle(*command, "--help")
    assert ran.code == 0, ran.err


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_one_and_imports_what_there_is(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert text.startswith("# Databricks notebook source\n")
    assert "\n# COMMAND ----------\n" in text
    modules = {
        node.module or "" for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)
    }  # fmt: skip
    assert all(find_spec(module) or (FOLDER / f"{module}.py").exists() for module in modules)


# --- For real, on a folder that stands for a volume -------------------------------------------------------------------


@pytest.fixture
def volume(untrained_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(untrained_folder, tmp_path / "volume" / "shop")
    monkeypatch.syspath_prepend(str(FOLDER))
    return tmp_path / "volume"


def run(volume: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(FOLDER / "run.py"), str(volume), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def notebook(name: str, volume: Path) -> tuple[dict[str, Any], list[str]]:
    """Run a notebook, with stand-ins for what only a workspace has; return its names and the pages that it shows."""
    pages: list[str] = []
    values = {"volume": str(volume), "user_id": "user-1"}
    widgets = SimpleNamespace(text=lambda name, default: None, get=lambda name: values[name])
    workspace = {"dbutils": SimpleNamespace(widgets=widgets), "displayHTML": pages.append}
    return runpy.run_path(str(FOLDER / name), workspace), pages


def test_the_notebooks_take_a_shop_from_data_to_shelves(volume: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, (quality,) = notebook("prepare.py", volume)
    assert "Leaf &amp; Hammer" in quality
    assert pl.read_parquet(volume / "shop" / "prepared" / "interactions.parquet").height == 240
    _, (figures,) = notebook("train.py", volume)
    assert "popularity" in figures
    assert "model 1 is live: not measured" in capsys.readouterr().out
    names, _ = notebook("recommend.py", volume)
    assert {item.category for item in names["shelf"].items[:5]} == {"Tools"}
    assert pl.read_parquet(volume / "shop" / "shelves.parquet")["user_id"].n_unique() == 40
    with Shop.open(volume / "shop") as shop:
        assert [row.status for row in shop.models()] == ["live"]
    notebook("prepare.py", volume)


def test_a_command_works_on_the_volume_and_leaves_what_it_changed(volume: Path) -> None:
    incoming = volume / "incoming"
    incoming.mkdir()
    for name in ("a", "b"):
        row = {"user_id": f"new-{name}", "item_id": "tea-1", "event": "purchase", "timestamp": "2026-01-01T00:00:00"}
        pl.DataFrame([row]).write_parquet(incoming / f"{name}.parquet")
    ran = run(volume, "import", f"{incoming}/*.parquet", "--as", "events", "--format", "aisle")
    assert ran.returncode == 0, ran.stderr
    with Shop.open(volume / "shop") as shop:
        assert [len(shop.history(f"new-{name}")) for name in ("a", "b")] == [1, 1]


def test_a_command_that_fails_fails_the_task(volume: Path) -> None:
    ran = run(volume, "models", "promote", "7")
    assert ran.returncode != 0
    assert "there is no model 7" in ran.stderr
    assert "aisle models promote 7 failed with exit code 2" in ran.stderr


def test_deleted_bundles_leave_the_volume_too(volume: Path) -> None:
    from shop_folder import local_copy

    old = volume / "shop" / "models" / "000001"
    old.mkdir(parents=True)
    (old / "manifest.json").write_text("{}")
    with local_copy(str(volume)) as folder:
        shutil.rmtree(folder / "models" / "000001")
    assert not old.exists()
    assert (volume / "shop" / "aisle.toml").exists()


def test_a_shop_is_set_up_where_there_is_none(tmp_path: Path) -> None:
    ran = run(tmp_path / "volume", "init", ".", "--name", "Shop")
    assert ran.returncode == 0, ran.stderr
    assert 'name = "Shop"' in (tmp_path / "volume" / "shop" / "aisle.toml").read_text()
