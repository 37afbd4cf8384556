"""What the documentation says is true: commands parse, settings have their defaults, files and modules exist."""

import ast
import importlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel

from aisle.app.settings import PlacementSection, Settings
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.engine.ranking.hybrid import HybridConfig
from aisle.engine.shelf.rules import Rules
from aisle.prepare.weigh import Weights
from aisle.recommenders.catalog import NAMES, by_name
from tests.runner import Runner

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "aisle"
RULES = ROOT / "docs" / "rules.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = [file for folder in ("src", "tests", "benchmarks", "deploy") for file in sorted((ROOT / folder).rglob("*.py"))]

PACKAGES = {folder.name for folder in PACKAGE.iterdir() if folder.is_dir()} | {"aisle", "benchmarks", "tests"}
FOLDERS = {folder.name for folder in (*ROOT.iterdir(), *PACKAGE.iterdir()) if folder.is_dir()} - {".venv"}
FILES = (".py", ".toml", ".html", ".db", ".json", ".csv", ".parquet")
PYTHON_FILES = {file.name for file in CODE}


def commands() -> list[str]:
    """Return every `$ aisle …` of the documentation, its continued lines joined."""
    texts = (page.read_text().replace("\\\n", " ") for page in PAGES)
    return [line for text in texts for line in re.findall(r"^\$ (aisle .*?)\s*(?:#.*)?$", text, re.MULTILINE)]


def texts() -> Iterator[tuple[Path, str]]:
    """Yield the pages, and the docstrings of all code."""
    for page in PAGES:
        yield page, page.read_text()
    for file in CODE:
        nodes = ast.walk(ast.parse(file.read_text()))
        strings = [
            node.value.value for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ]
        yield file, "\n".join(text for text in strings if isinstance(text, str))


def spans(text: str) -> list[str]:
    """Return what stands between backticks."""
    return re.findall(r"`+([^`\n]+)`+", text)


def missing_paths(file: Path, text: str) -> list[str]:
    """Return the files and folders of the repository that a text names and that do not exist."""
    paths = [span for span in spans(text) if re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", span)]
    named = [path for path in paths if path.endswith(".py") or ("/" in path and path.split("/")[0] in FOLDERS)]
    folders = (ROOT, PACKAGE, file.parent)
    return [
        path for path in named if path not in PYTHON_FILES and not any((folder / path).exists() for folder in folders)
    ]


def missing_names(text: str) -> list[str]:
    """Return the modules, and what is in them, that a text names with a package and that do not exist."""
    names = [span.removesuffix("()") for span in spans(text) if re.fullmatch(r"\w+(\.\w+)+(\(\))?", span)]
    named = [name for name in names if name.split(".")[0] in PACKAGES and not name.endswith(FILES)]
    return [name for name in named if not (exists(name) or exists(f"aisle.{name}") or is_of_a_shop(name))]


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            if not hasattr(value, part):
                return False
            value = getattr(value, part)
        return True
    return False


def is_of_a_shop(name: str) -> bool:
    """Whether a name is about a variable `shop`, as in notebooks: the package `shop` has no such module."""
    first, second = name.split(".")[:2]
    return first == "shop" and not exists(f"aisle.shop.{second}")


def documented() -> dict[str, dict[str, str]]:
    """Return section → setting → default of docs/settings.md."""
    sections = re.split(r"^## `\[(.+)\]`$", (ROOT / "docs" / "settings.md").read_text(), flags=re.MULTILINE)[1:]
    return {name: tabled(text) for name, text in zip(sections[::2], sections[1::2], strict=True)}


def tabled(text: str) -> dict[str, str]:
    """Return setting → default of the tables of settings."""
    tables = re.findall(r"^\| setting \|.*?(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"^\| `(\w+)` \| `?([^|`]+)`? \|", "\n".join(tables), re.MULTILINE))


def values_of(table: dict[str, str]) -> dict[str, Any]:
    """Return setting → default as the code has it."""
    return {
        name: None if text.strip() == "none" else tomllib.loads(f"it = {text}")["it"] for name, text in table.items()
    }


def defaults() -> dict[str, dict[str, Any]]:
    """Return section → setting → default of the code."""
    settings = Settings.read(ROOT / "nowhere")
    models = {
        name: getattr(settings, name)
        for name in ("shop", "database", "train", "mlflow", "spark", "serve", "worker", "mail")
    }
    sections: dict[str, dict[str, Any]] = {
        name: as_json(section.model_dump()) for name, section in models.items() if isinstance(section, BaseModel)
    }
    sections["weights"] = msgspec.structs.asdict(Weights())
    configs = {name: by_name(name).config_type for name in NAMES} | {HYBRID: HybridConfig}
    return sections | {f"models.{name}": as_json(config().plain()) for name, config in configs.items()}


def as_json(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings with lists for tuples."""
    read: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    return read


@pytest.mark.parametrize("command", commands())
def test_a_documented_command_has_these_arguments(aisle: Runner, command: str) -> None:
    ran = aisle(*shlex.split(command.replace("FILE…", "FILE"))[1:], "--help")
    assert ran.code == 0, ran.err


def test_the_documentation_has_commands() -> None:
    assert len(commands()) > 10


@pytest.mark.parametrize("section", sorted(defaults()))
def test_every_setting_is_documented_with_its_default(section: str) -> None:
    assert values_of(documented()[section]) == defaults()[section]


def test_no_section_is_documented_that_does_not_exist() -> None:
    assert documented().keys() == defaults().keys() | {"placements.NAME"}


def test_the_settings_of_a_placement_are_documented() -> None:
    assert documented()["placements.NAME"].keys() == PlacementSection.model_fields.keys()


def test_every_rule_is_documented_with_its_default() -> None:
    assert values_of(tabled(RULES.read_text())) == as_json(Rules().plain())


def test_the_examples_of_rules_are_rules() -> None:
    examples = re.findall(r"^```toml\n(.*?)^```", RULES.read_text(), re.MULTILINE | re.DOTALL)
    placements = [placement for text in examples for placement in tomllib.loads(text)["placements"].values()]
    assert placements
    for placement in placements:
        strategy = placement.pop("strategy")
        assert strategy in NAMES
        assert Rules.parse(placement) != Rules()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_files_and_folders_that_are_named_exist() -> None:
    assert {
        f"{file.relative_to(ROOT)}: {path}" for file, text in texts() for path in missing_paths(file, text)
    } == set()


def test_modules_and_names_that_are_named_exist() -> None:
    assert {f"{file.relative_to(ROOT)}: {name}" for file, text in texts() for name in missing_names(text)} == set()


@pytest.mark.parametrize(
    ("text", "paths", "names"),
    [
        (
            "`engine/rules.py` `storage/nowhere/` `no.py` `topn.py`",
            ["engine/rules.py", "storage/nowhere/", "no.py"],
            [],
        ),
        (
            "`shop.columns.NOTHING` `recommenders.als` `shop.columns.EVENTS`",
            [],
            ["shop.columns.NOTHING", "recommenders.als"],
        ),
        ("`aisle.toml` `models.html` `mlruns/` `segments/new/ndcg` `shop.recommend()` engine/rules.py", [], []),
    ],
)
def test_what_does_not_exist_is_found(text: str, paths: list[str], names: list[str]) -> None:
    assert (missing_paths(ROOT / "README.md", text), missing_names(text)) == (paths, names)


def test_programs_that_are_named_can_be_run() -> None:
    everything = "\n".join([*(text for _, text in texts()), (ROOT / "Makefile").read_text()])
    modules = set(re.findall(r"python -m ((?:aisle|benchmarks)[.\w]*)", everything))
    assert {"aisle.kernels", "benchmarks.all", "benchmarks.durability"} <= modules
    assert [
        name for name in sorted(modules) if find_spec(f"{name}.__main__" if is_folder(name) else name) is None
    ] == []


def is_folder(module: str) -> bool:
    return any((base / module.replace(".", "/")).is_dir() for base in (ROOT, ROOT / "src"))


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    pages = "\n".join(page.read_text() for page in PAGES)
    named = set(re.findall(r"(?:^\$ |`)make (\w+)", pages, re.MULTILINE))
    assert named
    assert named <= targets
