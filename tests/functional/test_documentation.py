"""What the documentation says is true: its commands parse, its settings exist with their defaults, none is missing."""

import re
import shlex
import tomllib
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
RULES = ROOT / "docs" / "rules.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands() -> list[str]:
    """Return every `$ aisle …` of the documentation, its continued lines joined."""
    texts = (page.read_text().replace("\\\n", " ") for page in PAGES)
    return [line for text in texts for line in re.findall(r"^\$ (aisle .*?)\s*(?:#.*)?$", text, re.MULTILINE)]


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
    found = {name: getattr(settings, name) for name in ("shop", "database", "train", "mlflow", "spark", "serve")}
    sections: dict[str, dict[str, Any]] = {
        name: section.model_dump() for name, section in found.items() if isinstance(section, BaseModel)
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
