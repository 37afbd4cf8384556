import ast
import importlib
from pathlib import Path

import pytest

from aisle import kernels
from aisle.kernels.__main__ import main

FOLDER = Path(kernels.__file__).parent


def compiled_ahead(path: Path) -> list[str]:
    """Return the functions of a file that are decorated as kernels of either sort."""
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    return [
        one.name
        for one in functions
        if any(ast.unparse(mark) in ("kernel", "exact_kernel") for mark in one.decorator_list)
    ]


def test_every_module_with_kernels_is_listed() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.py") if compiled_ahead(path)) == sorted(kernels.COMPILED)


@pytest.mark.parametrize("name", kernels.COMPILED)
def test_kernels_are_kept_on_disk_and_ready_when_imported(name: str) -> None:
    module = importlib.import_module(f"aisle.kernels.{name}")
    for function in compiled_ahead(FOLDER / f"{name}.py"):
        kernel = getattr(module, function)
        assert len(kernel.signatures) == 1
        assert kernel.stats.cache_path
        assert kernel.targetoptions["nogil"]


def test_the_command_says_that_kernels_are_ready(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    assert capsys.readouterr().out.startswith("kernels ready in ")
