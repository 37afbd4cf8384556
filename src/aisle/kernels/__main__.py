"""`python -m aisle.kernels`: compile every kernel into the cache on disk, once per installation."""

import importlib
import sys
import time

from aisle.kernels import COMPILED


def main() -> None:
    """Compile what is not in the cache yet, and print how long it took."""
    start = time.perf_counter()
    for name in COMPILED:
        importlib.import_module(f"aisle.kernels.{name}")
    sys.stdout.write(f"kernels ready in {time.perf_counter() - start:.1f} s\n")


if __name__ == "__main__":
    main()
