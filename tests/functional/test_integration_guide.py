"""docs/integration.md, run as it stands: the blocks of each language are one program, against a server with keys."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from pydantic import SecretStr

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop.access import Scope
from tests.client.serving import served
from tests.small_shop import TEAS

PAGE: Final = (Path(__file__).parents[2] / "docs" / "integration.md").read_text(encoding="utf-8")
LANGUAGES: Final = ("python", "bash", "php", "js")


def program(language: str) -> str:
    """Return all blocks of a language."""
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


def run(command: list[str], text: str, file: Path, env: dict[str, str]) -> str:
    """Run a program where its interpreter is at hand, and return what it prints."""
    if missing := [tool for tool in command if shutil.which(tool) is None]:
        pytest.skip(f"there is no {missing[0]} on this machine")
    file.write_text(text, encoding="utf-8")
    done = subprocess.run([command[0], file], env=os.environ | env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def told(printed: str) -> dict[str, list[str]]:
    """Return the words after each `name:` that was printed."""
    return {name: words.split() for name, words in re.findall(r"^(\w+): (.*)$", printed, re.MULTILINE)}


@pytest.fixture
def shop(folder: Path) -> Iterator[Shop]:
    with Shop(Settings.read(folder, serve={"sealing_key": SecretStr("k" * 32)})) as shop:
        yield shop


@pytest.fixture
def env(shop: Shop) -> Iterator[dict[str, str]]:
    """What the guide takes from the environment, of a server that runs."""
    keys = {
        "SERVER_KEY": shop.create_key(Scope.SERVER),
        "PAGE_KEY": shop.create_key(Scope.BROWSER, origins=["https://shop.example"]),
        "USER_SECRET": shop.create_secret(),
        "SHOP_NAME": shop.settings.shop.name,
    }
    shop.keys.refresh()
    with served(shop) as url:
        yield keys | {"API_URL": url}


def check(shop: Shop, shelf: list[str], signed: list[str]) -> None:
    """Make sure of what every language did: anna's events are there once, and her shelf is one of tea."""
    done = {(line.event, line.item_id) for line in shop.history("anna")}
    assert {("view_item", "tea-1"), ("purchase", "tea-2")} <= done
    assert [line.event for line in shop.history("anna")].count("purchase") == 1
    for items in (shelf, signed):
        assert len(items) == 5
        assert set(items) <= set(TEAS)  # newcomers see tools too


def test_python(shop: Shop, env: dict[str, str], tmp_path: Path) -> None:
    said = told(run([sys.executable], program("python"), tmp_path / "guide.py", env))
    check(shop, said["shelf"], said["signed"])
    assert (said["stored"], said["forged"]) == (["2"], ["401"])
    assert (said["queued"], said["awaited"]) == (["4"], ["3", "3"])


def test_curl(shop: Shop, env: dict[str, str], tmp_path: Path) -> None:
    printed = run(["bash", "curl", "openssl"], "set -eu\n" + program("bash"), tmp_path / "guide.sh", env)
    received, shelf, signed, forged = map(json.loads, re.findall(r"^\{.*\}", printed, re.MULTILINE))
    check(shop, *([item["item_id"] for item in one["items"]] for one in (shelf, signed)))
    assert (received["stored"], forged["status"], "forged: curl says 22" in printed) == (2, 401, True)


@pytest.mark.parametrize(("language", "interpreter"), [("php", "php"), ("js", "node")])
def test_php_and_javascript(shop: Shop, env: dict[str, str], tmp_path: Path, language: str, interpreter: str) -> None:
    file = tmp_path / ("guide.mjs" if language == "js" else "guide.php")
    said = told(run([interpreter], program(language), file, env))
    check(shop, said["shelf"], said["signed"])
    assert (said["stored"], said["forged"]) == (["2"], ["401"])
    assert "select_item" in [line.event for line in shop.history("anna")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_is_shown_in_every_language(language: str) -> None:
    steps = re.split(r"^## \d\. ", PAGE, flags=re.MULTILINE)[1:]
    assert len(steps) == 3
    assert all(step.count(f"```{language}\n") == 1 for step in [*steps[:2], steps[2].partition("## More")[0]])
