"""What tests need of MLflow: without it they skip, unless `AISLE_TEST_REQUIRE_ALL=1` asks for all of them."""

from importlib.util import find_spec

import pytest

from tests.databases import REQUIRED


def needed(*modules: str) -> None:
    """Skip the test if one of the modules is not installed, or fail it where all are asked for."""
    for module in modules:
        if find_spec(module) is None:
            problem = f"{module} is not installed: pip install 'aisle[mlflow-serve]'"
            if REQUIRED:
                pytest.fail(problem)
            pytest.skip(problem)
