"""Runs commands as `main` does, in this process."""

from typing import NamedTuple

import pytest

from aisle.cli.main import main


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Runner:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Ran:
        self._capsys.readouterr()
        try:
            main([str(one) for one in arguments])
        except SystemExit as stopped:
            code = stopped.code
        else:
            code = 0
        out, err = self._capsys.readouterr()
        return Ran(int(code or 0), out, err)
