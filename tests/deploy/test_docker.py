"""The image and the compose file, where no container engine is at hand: linted, and the image's steps replayed."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest
import yaml

from aisle._version import __version__
from aisle.app.settings import Settings
from tests.databases import REQUIRED
from tests.runner import Runner

ROOT: Final = Path(__file__).parents[2]
COMPOSE: Final = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
SHOPS: Final = ("setup", "web", "trainer")
"""The services that run Aisle."""

INSTRUCTIONS: Final = {"FROM", "RUN", "ENV", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT",
                       "CMD"}  # fmt: skip


class Instruction(NamedTuple):
    word: str
    text: str

    def listed(self) -> list[str]:
        """Return the words of a form like `["aisle"]`."""
        return msgspec.json.decode(self.text[self.text.index("[") :], type=list[str])


def stages() -> dict[str, list[Instruction]]:
    """Return the instructions of each stage of the Dockerfile, the `FROM` among them."""
    by_name: dict[str, list[Instruction]] = {}
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    for line in re.sub(r"\s*\\\n\s*", " ", "\n".join(lines)).splitlines():
        if line.strip():
            word, _, text = line.partition(" ")
            if word == "FROM":
                stage: list[Instruction] = by_name.setdefault(text.rpartition(" AS ")[2], [])
            stage.append(Instruction(word, text))
    return by_name


STAGES: Final = stages()
FINAL: Final = ("mlflow", "shop")
"""The stages that become images."""


def only(stage: str, word: str) -> Instruction:
    (instruction,) = (candidate for candidate in STAGES[stage] if candidate.word == word)
    return instruction


# --- Dockerfile -------------------------------------------------------------------------------------------------------


def test_the_last_stage_is_the_shop() -> None:
    assert list(STAGES) == ["build", "build-mlflow", "mlflow", "shop"]
    assert {instruction.word for instructions in STAGES.values() for instruction in instructions} <= INSTRUCTIONS


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_begins_with_a_fixed_image_or_an_earlier_stage(stage: str) -> None:
    base, _, _ = only(stage, "FROM").text.partition(" AS ")
    earlier = list(STAGES)[: list(STAGES).index(stage)]
    assert base in earlier or re.fullmatch(r"python:\d+\.\d+-slim-[a-z]+", base)


@pytest.mark.parametrize("stage", STAGES)
def test_everything_that_is_copied_is_there(stage: str) -> None:
    kept = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    for instruction in STAGES[stage]:
        if instruction.word != "COPY":
            continue
        *options, last = shlex.split(instruction.text)
        sources = [source for source in options if not source.startswith("--")]
        origin = next((option.removeprefix("--from=") for option in options if option.startswith("--from=")), None)
        if origin is None:
            assert all((ROOT / source).exists() and source in kept for source in sources)
        else:
            assert list(STAGES).index(origin) < list(STAGES).index(stage)
        assert last


@pytest.mark.parametrize("stage", FINAL)
def test_an_image_runs_as_nobody_in_particular(stage: str) -> None:
    user = only(stage, "USER").text
    assert int(user) >= 10_000
    words = [instruction.word for instruction in STAGES[stage]]
    assert "RUN" not in words[words.index("USER") :]
    runs = [instruction.text for instruction in STAGES[stage] if instruction.word == "RUN"]
    assert [f"--uid {user}" in text for text in runs if "useradd" in text] == [True]


@pytest.mark.parametrize(("stage", "route"), [("mlflow", "/health"), ("shop", "/api/health")])
def test_an_image_says_whether_it_is_well(stage: str, route: str) -> None:
    _, flag, code = only(stage, "HEALTHCHECK").listed()[:3]
    port = only(stage, "EXPOSE").text
    assert flag == "-c"
    assert f"http://localhost:{port}{route}'" in code
    compile(code, stage, "exec")


@pytest.mark.parametrize("stage", FINAL)
def test_what_is_written_goes_to_a_volume(stage: str) -> None:
    assert only(stage, "VOLUME").text == only(stage, "WORKDIR").text == f"/{stage}"


def test_the_shop_listens_where_the_outside_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment("shop").items():
        if name.startswith("AISLE_"):
            monkeypatch.setenv(name, value)
    settings = Settings.read(ROOT / "nowhere")
    assert (settings.serve.host, str(settings.serve.port)) == ("0.0.0.0", only("shop", "EXPOSE").text)


def test_uv_is_the_one_of_the_lock_file() -> None:
    (locked,) = re.findall(r'^name = "uv"\nversion = "(.+)"', (ROOT / "uv.lock").read_text(), re.MULTILINE)
    assert f"uv=={locked}" in next(instruction.text for instruction in STAGES["build"] if instruction.word == "RUN")


def test_what_the_shops_image_does_is_a_command(aisle: Runner) -> None:
    assert only("shop", "ENTRYPOINT").listed() == ["aisle"]
    assert aisle(*only("shop", "CMD").listed(), "--help").code == 0


def environment(stage: str) -> dict[str, str]:
    settings = (instruction.text for instruction in STAGES[stage] if instruction.word == "ENV")
    pairs = (pair.partition("=") for text in settings for pair in shlex.split(text))
    return {name: value for name, _, value in pairs}


# --- compose.yaml -----------------------------------------------------------------------------------------------------


def test_the_services_are_a_shop_with_what_it_needs() -> None:
    assert set(SERVICES) == {"database", "mlflow", *SHOPS}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_an_image_with_a_fixed_tag(name: str) -> None:
    service = SERVICES[name]
    image, _, tag = service["image"].partition(":")
    assert image
    assert tag not in {"", "latest"}
    if "build" in service:
        build = service["build"] if isinstance(service["build"], dict) else {"context": service["build"]}
        assert (ROOT / build["context"] / "Dockerfile").exists()
        assert build.get("target", "shop") in FINAL


@pytest.mark.parametrize("name", [*SHOPS, "mlflow"])
def test_our_services_may_not_write_or_do_more_than_they_need(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", SERVICES)
def test_volumes_are_declared(name: str) -> None:
    for volume in SERVICES[name]["volumes"]:
        source, target, *_ = volume.split(":")
        assert source in COMPOSE["volumes"] or source == "./incoming"
        assert target.startswith("/")
    if name in FINAL:
        assert f"{name}:{only(name, 'VOLUME').text}" in SERVICES[name]["volumes"]
    if name in SHOPS:
        assert f"shop:{only('shop', 'VOLUME').text}" in SERVICES[name]["volumes"]


def healthy(name: str) -> bool:
    """Tell whether a service says how it is, by itself or by its image."""
    check = SERVICES[name].get("healthcheck", {})
    return not check.get("disable") and ("test" in check or "build" in SERVICES[name])


@pytest.mark.parametrize("name", SERVICES)
def test_services_wait_for_what_can_be_waited_for(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert healthy(other)
        elif how["condition"] == "service_completed_successfully":
            assert SERVICES[other]["restart"] == "no"
        else:
            assert how["condition"] == "service_started"


def test_what_runs_for_long_says_how_it_is_unless_it_is_a_loop() -> None:
    assert {name for name in SERVICES if healthy(name)} == {"database", "mlflow", "web"}


def test_the_settings_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVICES["web"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{.*?\}", "secret", value))
    settings = Settings.read(ROOT / "nowhere")
    assert settings.database_url == "mysql+pymysql://aisle:secret@database:3306/aisle?charset=utf8mb4"
    assert settings.mlflow.enabled
    host, port = settings.tracking_uri.removeprefix("http://").split(":")
    assert host in SERVICES
    assert port == only("mlflow", "EXPOSE").text
    assert f"{host}:{port}" in only("mlflow", "CMD").text


@pytest.mark.parametrize("name", SHOPS)
def test_services_run_commands_that_there_are(aisle: Runner, name: str) -> None:
    service = SERVICES[name]
    command = service["command"]
    if "entrypoint" in service:
        (command,) = (words.split() for words in re.findall(r"\baisle ([a-z ]+);", command[0]))
    assert aisle(*command, "--help").code == 0


# --- The image's steps, replayed --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install into an empty environment as the image does, from a copy of what the image is given."""
    folder = tmp_path_factory.mktemp("image")
    build, target = folder / "build", folder / "aisle"
    for name in re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE):
        source, copy = ROOT / name, build / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
        else:
            shutil.copy(source, copy)
    runs = (instruction.text for instruction in STAGES["build"] if instruction.word == "RUN")
    *_, step = (text for text in runs if "uv sync" in text)
    uv = [sys.executable, "-m", "uv", *shlex.split(step)[1:], "--python", sys.executable]
    settings = {"UV_PROJECT_ENVIRONMENT": str(target), "UV_PYTHON_DOWNLOADS": "never"}
    kept = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    ran = subprocess.run(uv, cwd=build, env=kept | settings, capture_output=True, text=True, check=False)
    if ran.returncode != 0 and not REQUIRED and "Failed to fetch" in ran.stderr:
        pytest.skip(f"the packages are not at hand: {ran.stderr.splitlines()[-1]}")
    assert ran.returncode == 0, ran.stderr
    return target / "bin"


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command of the image with nothing of this environment."""
    settings = {"PATH": os.defpath, "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", str(cwd / ".cache"))}
    return subprocess.run(command, cwd=cwd, env=settings, capture_output=True, text=True, check=True).stdout


@contextmanager
def serving(aisle: Path, folder: Path) -> Iterator[str]:
    """Serve a shop as the image does, on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"PATH": os.defpath, "NUMBA_CACHE_DIR": str(folder / ".cache")}
    process = subprocess.Popen([aisle, "serve", "--port", str(port)], cwd=folder, env=settings)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        assert process.wait() == 0


def test_the_installed_package_says_its_version_and_that_it_is_well(installed: Path, tmp_path: Path) -> None:
    aisle = installed / "aisle"
    assert run(aisle, "--version", cwd=tmp_path).strip() == f"aisle {__version__}"
    assert "is ready" in run(aisle, "init", ".", "--name", "Shop", cwd=tmp_path)
    with serving(aisle, tmp_path) as url:
        answer = health(f"{url}/api/health")
    assert (answer["status"], answer["version"]) == ("ok", __version__)


def health(url: str) -> dict[str, Any]:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url) as answer:
                return msgspec.json.decode(answer.read(), type=dict[str, Any])
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"nothing answers at {url}")


def test_the_image_has_what_tracking_and_tuning_need(installed: Path, tmp_path: Path) -> None:
    code = "import optuna, mlflow; from importlib.util import find_spec; print(find_spec('pytest'))"
    assert run(installed / "python", "-c", code, cwd=tmp_path).strip() == "None"
