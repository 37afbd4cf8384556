"""Replay of rejected rows after the plan or the rows were corrected: those that pass the checks now are stored."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any, Final

import msgspec

from aisle.app.data.import_log import ImportLog
from aisle.app.data.importing import STORES, Count
from aisle.app.progress import Progress, silent
from aisle.ingest.plan import Plan
from aisle.ingest.replay import Accepted, Rejected, Retried, read_again
from aisle.shop.errors import FileError, InputError, NotFound, Refused
from aisle.storage.connection import Database
from aisle.storage.log import rejects
from aisle.storage.log.rejects import Waiting

_AT_FIRST: Final = "; at first: "
"""Stands between the reason of a row that was rejected again, and its first one."""


class Replayed(msgspec.Struct):
    """What became of rejects: `read` is the sum of `left` and `stays`."""

    read: int = 0
    left: int = 0
    """They passed, and are no longer rejects."""
    stays: int = 0
    """They were rejected again, with a new reason."""
    stored: int = 0
    """New rows among those that passed."""
    duplicate: int = 0
    erased: int = 0
    """Rows of people who were erased: not stored."""
    number: int | None = None
    """The number under which `aisle imports` knows what was stored; null if there was nothing to store."""


class _CorrectedLine(msgspec.Struct):
    """A line of a corrected file; other fields of the export are ignored."""

    reject: int
    row: dict[str, msgspec.Raw] | str


def replay(
    db: Database,
    plan: Plan,
    source: str | None = None,
    corrected: Path | None = None,
    progress: Progress = silent,
) -> Replayed:
    """Check rejects again, and store those that pass.

    Parameters
    ----------
    plan
        How to read the rows of files, as for an import; its table, if it names one, is the only one.
    source
        Only the rejects of this file, by its name or path, or of `api`.
    corrected
        A file that `export` wrote and in which rows were corrected: only its rows are replayed.

    Raises
    ------
    NotFound
        If there are no such rejects.
    InputError
        If the corrected file cannot be used.
    """
    corrections = None if corrected is None else _read_corrections(corrected)
    sources = _sources(db, source)
    work = _Replay(db, plan, ImportLog(db, [f"rejects of {name}" for name in sources], plan.arguments()))
    for name in sources:
        rows = [reject for reject in rejects.waiting(db, name) if corrections is None or reject.seq in corrections]
        rows = [reject for reject in rows if plan.table in (None, reject.table)]
        known = {reject.digest.hex(): reject for reject in rows}
        for retried in read_again([_rejected(reject, corrections) for reject in rows], plan):
            work.settle_around_refused(retried, known)
            progress("replay", work.replayed.read, None, work.replayed.read)
    replayed = work.finished()
    if corrections is not None and replayed.read < len(corrections):
        missing = len(corrections) - replayed.read
        raise NotFound(f"{missing} of the rows of {corrected} are not rejects, or no longer; export the rejects again")
    return replayed


def export(db: Database, out: Path, source: str | None = None) -> int:
    """Write rejects into a file of JSON lines, to be corrected there, and return how many there are.

    Raises
    ------
    NotFound
        If there are no such rejects.
    FileError
        If the file exists or cannot be written.
    """
    count = 0
    sources = _sources(db, source)
    try:
        with out.open("xb") as file:
            for reject in (reject for name in sources for reject in rejects.waiting(db, name)):
                file.write(msgspec.json.encode(_exported(reject)) + b"\n")
                count += 1
    except OSError as error:
        raise FileError(f"cannot write {out}: {error.strerror}; choose another file") from None
    return count


def _sources(db: Database, source: str | None) -> list[str]:
    """Return the sources of rejects that have this name or path; all of them for None."""
    known = rejects.sources(db)
    matching = [name for name in known if source is None or source in (name, PurePath(name).name)]
    if not matching:
        names = ", ".join(known) or "no source at all"
        raise NotFound(f"there are no rejects{f' of {source}' if source else ''}; there are rejects of: {names}")
    return matching


def _rejected(reject: Waiting, corrections: dict[int, str] | None) -> Rejected:
    raw = reject.raw if corrections is None else corrections[reject.seq]
    return Rejected(reject.digest.hex(), reject.source, reject.table, raw, reject.created)


class _Replay:
    """Stores what passes, under the number of an import, and keeps the other rejects with their new reasons."""

    def __init__(self, db: Database, plan: Plan, log: ImportLog) -> None:
        self._db = db
        self._plan = plan
        self._log = log
        self._counts: dict[str, Count] = {}
        self.replayed = Replayed()

    def settle_around_refused(self, retried: Retried, known: dict[str, Waiting]) -> None:
        """Settle rejects together; if the database refuses a row, one by one, so that it stops nobody else."""
        try:
            self._settle(retried, known)
        except Refused as error:
            if len(retried.rows) > 1:
                for row in retried.rows:
                    for alone in read_again([row], self._plan):
                        self.settle_around_refused(alone, known)
                return
            self._settle(Retried(retried.table, [], retried.rows, [str(error)]), known)

    def _settle(self, retried: Retried, known: dict[str, Waiting]) -> None:
        """Store the rows that passed, then remove their rejects: a crash in between only leads to duplicates."""
        for accepted in retried.accepted:
            self._store(accepted, of_rejects=accepted.table == retried.table)
        outcomes = [(known[row.key].seq, reason) for row, reason in zip(retried.rows, retried.reasons, strict=True)]
        before = {reject.seq: reject.reason for reject in known.values()}
        stays = {seq: _with_history(reason, before[seq]) for seq, reason in outcomes if reason is not None}
        rejects.settle(self._db, [seq for seq, reason in outcomes if reason is None], stays)
        self.replayed.read += len(outcomes)
        self.replayed.stays += len(stays)
        self.replayed.left += len(outcomes) - len(stays)

    def _store(self, accepted: Accepted, *, of_rejects: bool) -> None:
        """Store rows; a format may give more than the rejects themselves, such as the items that they name."""
        if len(accepted.rows) == 0:
            return
        stored = STORES[accepted.table](self._db, accepted.rows, self._log.origin(accepted.reading))
        count = self._counts.setdefault(accepted.table, Count())
        for of in (count, self.replayed) if of_rejects else (count,):
            of.stored += stored.stored
            of.duplicate += stored.duplicate
            of.erased += stored.erased
        count.read += len(accepted.rows)

    def finished(self) -> Replayed:
        """Return what the replay came to, once all its rows are stored."""
        self._log.finish(self._counts)
        self.replayed.number = self._log.number
        return self.replayed


def _with_history(reason: str, before: str) -> str:
    """Return a new reason together with the first one."""
    last, _, first = before.partition(_AT_FIRST)
    first = first or last
    return reason if reason == first else f"{reason}{_AT_FIRST}{first}"


def _exported(reject: Waiting) -> dict[str, Any]:
    try:
        row: object = msgspec.json.decode(reject.raw, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        row = reject.raw
    return {
        "reject": reject.seq,
        "source": reject.source,
        "line": reject.line,
        "table": reject.table,
        "reason": reject.reason,
        "row": row,
    }


def _read_corrections(path: Path) -> dict[int, str]:
    """Return the rows of a corrected file by the numbers of their rejects."""
    corrections = dict(_corrections(path))
    if not corrections:
        raise FileError(f"{path} holds no row; write the rejects into it with aisle rejects export")
    return corrections


def _corrections(path: Path) -> Iterator[tuple[int, str]]:
    decoder = msgspec.json.Decoder(_CorrectedLine)
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}; name a file of aisle rejects export") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            corrected = decoder.decode(line)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{path}, line {number}: {error}; keep the shape that aisle rejects export wrote"
            ) from None
        row = corrected.row
        yield corrected.reject, row if isinstance(row, str) else msgspec.json.encode(row).decode()
