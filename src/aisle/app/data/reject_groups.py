"""Rejects by their reasons: what is wrong, how often, and an example."""

import msgspec

from aisle.ingest.batch import without_values
from aisle.storage.connection import Database
from aisle.storage.log import rejects


class RejectGroup(msgspec.Struct, frozen=True):
    """Rejects of one source that have the same reason, whatever value it names."""

    rows: int
    source: str
    line: int | None
    """Where the example is."""
    reason: str
    """As it is told of the example."""
    raw: str
    """The example: the newest of these rejects."""


def reject_groups(db: Database, n: int) -> list[RejectGroup]:
    """Return the n largest groups of rejects, largest first."""
    groups: dict[tuple[str, str], tuple[int, int]] = {}
    for source, reason, rows, newest in rejects.reasons(db):
        key = (source, without_values(reason))
        before, example = groups.get(key, (0, 0))
        groups[key] = (before + rows, max(example, newest))
    largest = sorted(groups.values(), key=lambda group: (-group[0], -group[1]))[:n]
    examples = rejects.numbered(db, [example for _, example in largest])
    return [
        RejectGroup(rows, row.source, row.line, row.reason, row.raw)
        for rows, row in ((rows, examples[seq]) for rows, seq in largest if seq in examples)
    ]
