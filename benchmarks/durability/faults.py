"""What the store promises under kills, power cuts, replays, full disks and bad events.

Each promise is also tested on a broken store, which must lose it: a test that cannot fail shows nothing.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from aisle.storage.log.writer import EventWriter
from benchmarks.durability.promises import DATABASES, NAMES, Promise, new_shop, reachable, skip
from tests import databases
from tests.faults.full_disk import fill, small_disk
from tests.faults.poison import compare, poison, unchecked_events
from tests.faults.replays import replay
from tests.faults.survival import Survival, build_shim, kills, power_cuts

KILLS: Final = 200
CUTS: Final = 100
REPLAYED, TIMES = 20_000, 5
POISON_EXAMPLES: Final = 860


def killed() -> Iterator[Promise]:
    """Kill a process that stores events, again and again."""
    for kind in reachable(*DATABASES):
        with new_shop(kind) as url:
            outcome = kills(kind, url, KILLS)
        with new_shop(kind) as url:
            control = kills(kind, url, 5, "early")
        yield Promise(
            "kill -9 during ingest",
            kind,
            _survival("kills", outcome),
            outcome.kept and control.lost > 0,
            f"acknowledges before it commits: {control.lost:,} lost in {control.lives} kills",
        )


def cut_off() -> Iterator[Promise]:
    """Cut the power of a process that stores events in SQLite, again and again."""
    if shutil.which("cc") is None:
        skip("power cuts", "there is no C compiler (cc)")
        return
    with tempfile.TemporaryDirectory() as folder:
        shim = build_shim(Path(folder))
        for kind in databases.JOURNAL_MODES:
            with tempfile.TemporaryDirectory() as real, tempfile.TemporaryDirectory() as broken:
                outcome = power_cuts(kind, Path(real), shim, CUTS)
                control = power_cuts(kind, Path(broken), shim, 10, "relaxed")
            yield Promise(
                "power cut during ingest",
                kind,
                _survival("cuts", outcome),
                outcome.kept and control.lost > 0,
                f"syncs less ({'FULL' if kind == 'sqlite-delete' else 'NORMAL'}): {control.lost:,} of "
                f"{control.acknowledged:,} lost in {control.lives} cuts",
            )


def _survival(how: str, outcome: Survival) -> str:
    integrity = "broken" if outcome.damage else "ok"
    losses = f"{outcome.lost} lost, {outcome.duplicates} doubled, integrity {integrity}"
    return f"{outcome.lives} {how}, {outcome.acknowledged:,} acknowledged: {losses}"


def replayed() -> Iterator[Promise]:
    """Send the same events again and again."""
    for kind in reachable(*DATABASES):
        with new_shop(kind) as url:
            outcome = replay(kind, url, REPLAYED, TIMES)
        with new_shop(kind) as url:
            control = replay(kind, url, 500, 3, sabotaged=True)
        complete = outcome.stored == outcome.kept == REPLAYED and outcome.stored + outcome.duplicate == outcome.sent
        counts = f"{outcome.stored:,} stored, {outcome.duplicate:,} duplicate, {outcome.duplicates} doubled"
        yield Promise(
            "replays by 8 clients across a restart",
            kind,
            f"{outcome.sent:,} sent: {counts}",
            complete and not outcome.duplicates and control.duplicates > 0,
            f"keeps no key: {control.distinct:,} events fill {control.kept:,} rows",
        )


def filled() -> Iterator[Promise]:
    """Store events until the disk is full."""
    for kind in databases.JOURNAL_MODES:
        try:
            with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder)) as disk:
                outcome = fill(kind, disk)
            with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder)) as disk:
                control = fill(kind, disk, sabotaged=True)
        except OSError as error:
            skip("full disk", str(error))
            return
        lossless = not (outcome.lost or outcome.damage)
        recovery = "recovers without a restart" if outcome.recovered else "does not recover"
        yield Promise(
            "disk full",
            kind,
            f"{outcome.acknowledged:,} acknowledged: {outcome.lost} lost; reads go on; {recovery}",
            outcome.recovered and "disk is full" in outcome.error and lossless and control.lost > 0,
            f"acknowledges anyway: {control.lost:,} lost",
        )


def poisoned() -> Iterator[Promise]:
    """Send generated bad events to all databases."""
    with ExitStack() as stack:
        dbs = {}
        for kind in reachable(*databases.KINDS):
            dbs[kind] = stack.enter_context(databases.open_database(kind, stack.enter_context(new_shop(kind))))
        outcome = poison(dbs, POISON_EXAMPLES)
        writers = {kind: stack.enter_context(EventWriter(db)) for kind, db in dbs.items()}
        control = len(set(compare(writers, unchecked_events())))
    bad = f"{outcome.events:,} generated events, {outcome.rejected:,} bad"
    yield Promise(
        "poison",
        ", ".join(NAMES[kind] for kind in dbs),
        f"{bad}: 0 crashes, {outcome.differing} verdicts differ",
        outcome.rejected >= 20_000 and not outcome.differing and control > 1,
        f"without validation: {control} different verdicts on 3 events",
    )
