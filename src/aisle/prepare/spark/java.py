"""The check for a Java that Spark runs on: Spark's own message, if there is none, is a page long."""

import os
import re
import shutil
import subprocess
from typing import Final

from aisle.shop.errors import SparkError

JAVA: Final = 17
"""The oldest Java that Spark 4 runs on."""


def check_java() -> None:
    """Refuse to start Spark where it cannot.

    Raises
    ------
    SparkError
        If there is no Java, or one that is too old.
    """
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java" if home is None else f"{home}/bin/java")
    remedy = f"install Java {JAVA}, such as openjdk-{JAVA}-jre-headless, and say in JAVA_HOME where it is"
    if java is None:
        raise SparkError(
            f"Spark needs Java {JAVA} or newer, and there is none{f' in {home}' if home else ''}; {remedy}"
        )
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(?:1\.)?(\d+)', output)
    if version is None or int(version[1]) < JAVA:
        problem = f"is version {version[1]}" if version else "does not tell its version"
        raise SparkError(f"Spark needs Java {JAVA} or newer, and {java} {problem}; {remedy}")
