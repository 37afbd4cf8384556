import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import aisle as package
from aisle.cli.main import app
from tests.runner import Runner

HEAVY = ("polars", "numba", "scipy", "narwhals", "fastapi", "alembic", "pandas", "plotly")


def test_the_version(aisle: Runner) -> None:
    assert aisle("--version").out == f"aisle {package.__version__}\n"


@pytest.mark.parametrize("command", [[], ["models"], ["rejects"]])
def test_no_command_shows_the_help(aisle: Runner, command: list[str]) -> None:
    assert "Usage" in aisle(*command).out


def test_an_unknown_command_is_named(aisle: Runner) -> None:
    ran = aisle("recomend")
    assert ran.code == 2
    assert "recommend" in ran.err


def all_commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command and group with the words that call it."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from all_commands(child, (*path, name))


def words(text: str) -> str:
    """Return a text without frames, code marks and line breaks."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", text.replace("`", "")).split())


@pytest.mark.parametrize(
    ("path", "command"),
    [pytest.param(path, command, id=" ".join(path)) for path, command in all_commands(get_command(app))],
)
def test_help_shows_every_text_as_it_is_written(
    aisle: Runner, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...], command: Any
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    shown = words(aisle(*path, "--help").out)
    texts = [command.help, *(parameter.help for parameter in command.params if getattr(parameter, "help", None))]
    for text in texts:
        assert words(text) in shown


def test_every_command_stands_in_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    names |= {group.name for group in app.registered_groups if group.name}
    assert names
    assert not [name for name in names if f"aisle {name}" not in readme and f"aisle -C shop {name}" not in readme]


def imported_by(arguments: list[str]) -> set[str]:
    code = (
        "import sys; from aisle.cli.main import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ran.stderr.split())


def test_help_imports_nothing_heavy() -> None:
    assert imported_by(["--help"]) == set()


def test_a_shelf_for_one_shopper_imports_nothing_heavy(folder: Path) -> None:
    assert imported_by(["-C", str(folder), "recommend", "--user-id", "user-0"]) == set()
