"""Run an `aisle` command on the shop of a volume: `run.py VOLUME COMMAND …`.

The command is a process of its own, as Databricks takes any exit for a failure, even a successful one. Names with stars
are expanded, as a shell does it.
"""

import subprocess
import sys
from glob import glob

from shop_folder import local_copy


def main(volume: str, *arguments: str) -> None:
    """Run the command in a copy of the shop's folder.

    Raises
    ------
    RuntimeError
        If it fails; its own message is above in the log.
    """
    expanded = [path for argument in arguments for path in sorted(glob(argument)) or [argument]]  # noqa: PTH207  of whole paths
    with local_copy(volume) as folder:
        code = subprocess.run([sys.executable, "-m", "aisle.cli.main", *expanded], cwd=folder, check=False).returncode
    if code:
        raise RuntimeError(f"aisle {' '.join(expanded)} failed with exit code {code}")


if __name__ == "__main__":
    main(*sys.argv[1:])
