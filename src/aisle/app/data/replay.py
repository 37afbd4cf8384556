"""Rejects, once somebody has mended the rules, the mapping or the rows: those that pass now are stored."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import msgspec

from aisle.app.data.importing import STORES
from aisle.app.progress import Progress, silent
from aisle.ingest.plan import Plan
from aisle.ingest.replay import Rejected, Retried, read_again
from aisle.shop.errors import FileError, InputError, NotFound
from aisle.storage import rejects
from aisle.storage.connection import Database
from aisle.storage.rejects import Waiting


class Replayed(msgspec.Struct):
    """What became of rejects: those read again are the ones that left and the ones that stay."""

    read: int = 0
    left: int = 0
    """They passed, and no longer wait."""
    stays: int = 0
    """They were set aside again, with the reason of today."""
    stored: int = 0
    duplicate: int = 0
    erased: int = 0


class _Mended(msgspec.Struct):
    """A line of a corrected file; what else the export told is not read."""

    reject: int
    row: dict[str, msgspec.Raw] | str


def replay(
    db: Database,
    plan: Plan,
    source: str | None = None,
    corrected: Path | None = None,
    progress: Progress = silent,
) -> Replayed:
    """Take rejects through the door again.

    Parameters
    ----------
    plan
        What the rows of files are, as for an import.
    source
        Only those of this file, by its name or path, or `api`.
    corrected
        A file that `export` wrote, its rows mended: only these are replayed, as they stand there.

    Raises
    ------
    NotFound
        If there are no such rejects.
    InputError
        If the corrected file cannot be used.
    """
    mended = None if corrected is None else _read_mended(corrected)
    replayed = Replayed()
    for name in _sources(db, source):
        waiting = [one for one in rejects.waiting(db, name) if mended is None or one.seq in mended]
        numbers = {one.digest.hex(): one.seq for one in waiting}
        for again in read_again([_aside(one, mended) for one in waiting], plan):
            _settle(db, again, numbers, replayed)
            progress("replay", replayed.read, None, replayed.read)
    if mended is not None and replayed.read < len(mended):
        raise NotFound(f"{len(mended) - replayed.read} of the rows of {corrected} are not set aside (any more)")
    return replayed


def export(db: Database, out: Path, source: str | None = None) -> int:
    """Write rejects into a file of JSON lines to be mended there, and return how many there are.

    Raises
    ------
    NotFound
        If there are no such rejects.
    FileError
        If the file is there already, or cannot be written.
    """
    count = 0
    sources = _sources(db, source)
    try:
        with out.open("xb") as file:
            for one in (one for name in sources for one in rejects.waiting(db, name)):
                file.write(msgspec.json.encode(_exported(one)) + b"\n")
                count += 1
    except OSError as error:
        raise FileError(f"cannot write {out}: {error.strerror}; choose another file") from None
    return count


def _sources(db: Database, wanted: str | None) -> list[str]:
    """Return the sources of rejects that go by a name, or all."""
    known = rejects.sources(db)
    found = [one for one in known if wanted is None or wanted in (one, PurePath(one).name)]
    if not found:
        names = ", ".join(known) or "none at all"
        raise NotFound(f"nothing is set aside{f' of {wanted}' if wanted else ''}; there are rejects of: {names}")
    return found


def _aside(one: Waiting, mended: dict[int, str] | None) -> Rejected:
    raw = one.raw if mended is None else mended[one.seq]
    return Rejected(one.digest.hex(), one.source, one.table, raw, one.created)


def _settle(db: Database, again: Retried, numbers: dict[str, int], replayed: Replayed) -> None:
    """Store what passed, then let go of it: whoever is interrupted between the two replays duplicates."""
    for frame in again.accepted:
        stored = STORES[again.table](db, frame)
        replayed.stored += stored.stored
        replayed.duplicate += stored.duplicate
        replayed.erased += stored.erased
    outcomes = [(numbers[row.key], reason) for row, reason in zip(again.rows, again.reasons, strict=True)]
    stays = {seq: reason for seq, reason in outcomes if reason is not None}
    rejects.settle(db, [seq for seq, reason in outcomes if reason is None], stays)
    replayed.read += len(outcomes)
    replayed.stays += len(stays)
    replayed.left += len(outcomes) - len(stays)


def _exported(one: Waiting) -> dict[str, Any]:
    try:
        row: object = msgspec.json.decode(one.raw, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        row = one.raw
    told = {"source": one.source, "line": one.line, "table": one.table, "reason": one.reason}
    return {"reject": one.seq} | told | {"row": row}


def _read_mended(path: Path) -> dict[int, str]:
    """Return the rows of a corrected file by the numbers of their rejects."""
    mended = dict(_mended_lines(path))
    if not mended:
        raise FileError(f"{path} holds no row; write the rejects into it with aisle rejects export")
    return mended


def _mended_lines(path: Path) -> Iterator[tuple[int, str]]:
    decoder = msgspec.json.Decoder(_Mended)
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}; name a file of aisle rejects export") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one = decoder.decode(line)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{path}, line {number}: {error}; keep the shape that aisle rejects export wrote"
            ) from None
        yield one.reject, one.row if isinstance(one.row, str) else msgspec.json.encode(one.row).decode()
