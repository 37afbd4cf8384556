from pathlib import Path

import pytest

from aisle.prepare.spark.java import check_java
from aisle.shop.errors import SparkError


def java(folder: Path, output: str) -> Path:
    """Make a Java of which nothing is known but what it says of itself."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{output}' >&2\n")
    program.chmod(0o755)
    return folder


def test_no_java_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SparkError, match=r"there is none; install Java 17, such as openjdk-17-jre-headless"):
        check_java()


def test_an_empty_java_home_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SparkError, match=f"there is none in {tmp_path}"):
        check_java()


@pytest.mark.parametrize(
    ("output", "version"), [('openjdk version "11.0.2" 2019', "11"), ('java version "1.8.0_292"', "8")]
)
def test_an_old_java_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, output: str, version: str) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, output)))
    with pytest.raises(SparkError, match=rf"bin/java is version {version}; install Java 17"):
        check_java()


def test_a_java_that_tells_no_version_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, "what?")))
    with pytest.raises(SparkError, match="does not tell its version"):
        check_java()


@pytest.mark.parametrize("output", ['openjdk version "17.0.15" 2025-04-15', 'openjdk version "21" 2023-09-19'])
def test_a_java_that_is_new_enough_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, output: str) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, output)))
    check_java()
