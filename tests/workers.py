"""How the workers of pytest-xdist share the tests out: file by file, the longest first.

The tests of a file share fixtures, which are made once if one worker has the file. Groups by mark would do as well, but
pytest-xdist 3.8 hands marks over in a way that pytest 9.2 has closed (pytest-xdist#1386).
"""

from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

SPARK: Final = (
    "tests/app/spark/",
    "tests/contract/prepare/",
    "tests/prepare/spark/",
    "tests/recommenders/test_spark_als.py",
)
"""Where tests may ask for Spark: one worker has them all, and starts one cluster."""

LONGEST: Final = (*SPARK, "tests/functional/", "tests/faults/", "tests/contract/")
"""What takes longest begins first, so that no worker is left with it at the end."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a worker whole files, in the order in which they were collected, and all tests on Spark as one file."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return "spark" if nodeid.startswith(SPARK) else nodeid.partition("::")[0]


def longest_first(items: list[pytest.Item]) -> None:
    """Put tests in the order in which they begin.

    Raises
    ------
    UsageError
        If a test outside of `SPARK` would start a cluster of its own.
    """
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()) and not item.nodeid.startswith(SPARK):
            raise pytest.UsageError(f"{item.nodeid} asks for Spark; name its folder in tests/workers.py")
    items.sort(key=lambda item: _place(item.nodeid))


def _place(nodeid: str) -> int:
    return next((place for place, path in enumerate(LONGEST) if nodeid.startswith(path)), len(LONGEST))
