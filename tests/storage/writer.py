"""A process that imports: `python -m tests.storage.writer URL FIRST BATCHES SIZE`, saying each batch that is stored."""

import sys

from aisle.storage.connection import connect
from aisle.storage.log import events
from tests.storage import samples


def main(url: str, first: int, batches: int, size: int) -> None:
    with connect(url) as db:
        for start in range(first, first + batches * size, size):
            stored = events.store(db, samples.events(start, size))
            sys.stdout.write(f"{stored.stored} {stored.duplicate}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
