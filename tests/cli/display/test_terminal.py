import stat
import time
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from aisle.cli.display import terminal
from aisle.shop.errors import FileError


def shown(content: object, width: int = 80) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(content)
    return capture.get()


def test_a_line_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    line = "a [bold]path[/bold] of 123 " + "x" * 200
    terminal.say(line, console=Console(width=40))
    assert capsys.readouterr().out == f"{line}\n"


def test_a_value_is_json_on_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.json({"name": "Café", "rows": [1, 2]})
    out = capsys.readouterr().out
    assert msgspec.json.decode(out) == {"name": "Café", "rows": [1, 2]}
    assert out.endswith("}\n")


def test_a_value_is_json_in_a_file_of_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "value.json"
    terminal.write_json([1], file)
    assert msgspec.json.decode(file.read_bytes()) == [1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_exists_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "value.json"
    file.write_text("old")
    with pytest.raises(FileError, match=r"cannot write .*value\.json: File exists; choose another file"):
        terminal.write_json([1], file)
    assert file.read_text() == "old"


def test_a_table_shows_text_and_leaves_missing_cells_empty() -> None:
    lines = shown(terminal.table("Title", ("name", "count"), [("[bold]", 5), (None, 10)], right=["count"])).splitlines()
    assert lines[0].strip() == "Title"
    assert [line.split() for line in lines[1:] if line.strip(" ─")] == [["name", "count"], ["[bold]", "5"], ["10"]]
    assert lines[-2].rstrip().endswith("10")


def test_without_a_terminal_long_work_writes_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "LOG_SECONDS", 0.02)
    with terminal.bars() as report:
        report("import", 5, 10, 1_000)
        time.sleep(0.2)
        report("fit als", 1, None)
        time.sleep(0.2)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "0 s: import 50%, 1,000 rows"
    assert lines[-1] == "0 s: fit als"


def test_short_work_without_a_terminal_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.bars() as report:
        report("import", 5, 10)
    assert capsys.readouterr().err == ""
