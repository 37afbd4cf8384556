"""Run an `aisle` command on the shop of a volume: `run.py VOLUME COMMAND …`.

A process of its own, as Databricks takes the exit of any command for a failure, good or bad. Names with stars are spelt
out, as a shell would do.
"""

import subprocess
import sys
from glob import glob

from shop_folder import fetched


def main(volume: str, *arguments: str) -> None:
    """Run the command in the shop's folder.

    Raises
    ------
    RuntimeError
        If it fails; its own line stands above in the log.
    """
    spelt = [one for argument in arguments for one in sorted(glob(argument)) or [argument]]  # noqa: PTH207  of whole paths
    with fetched(volume) as folder:
        code = subprocess.run([sys.executable, "-m", "aisle.cli.main", *spelt], cwd=folder, check=False).returncode
    if code:
        raise RuntimeError(f"aisle {' '.join(spelt)} failed with exit code {code}")


if __name__ == "__main__":
    main(*sys.argv[1:])
