"""The event writer: one queue and one thread for a process, so that callers share commits.

A commit waits for the disk, which takes as long for one event as for a thousand. Callers who come during a commit queue
up and share the next one. A call returns when its events are durable, with the outcome of each; who would rather not
hold a thread meanwhile takes the future of `submit`.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal, NamedTuple, Self, TypeAlias

from aisle.shop.errors import DatabaseUnavailable, Refused, StorageError, TryAgain
from aisle.shop.moments import now
from aisle.shop.rejects import Reject
from aisle.storage.connection import Database
from aisle.storage.log import rejects
from aisle.storage.log.address_votes import OF_ONE_ITEM, AddressVotes
from aisle.storage.log.refused import around_refused, keep
from aisle.storage.rows import RowStatus, store_each
from aisle.storage.tables import events

CAPACITY: Final = 20_000
"""How many events may wait; a caller who would exceed it has to try again."""

COMMIT_EVENTS: Final = 5_000
"""About how many events share a commit, so that nobody waits long for the events of others."""

COMPANY_SECONDS: Final = 0.002
"""How long a commit waits for the callers of the one before, who are likely to come back at once."""

PATIENCE_SECONDS: Final = 10.0
"""How long a caller waits for a database that does not answer."""

EventTuple: TypeAlias = tuple[Any, ...]
"""An event, in the order of `shop.columns.EVENTS`."""


class Outcome(NamedTuple):
    """What became of one event."""

    status: Literal["stored", "duplicate", "rejected"]
    reason: str | None = None
    """Why it was rejected, for people."""


STORED: Final = Outcome("stored")
REFUSED: Final = Outcome("rejected", "the database does not take its values; aisle rejects list says why")

_OUTCOMES: Final[dict[RowStatus, Outcome]] = {
    "stored": STORED,
    "duplicate": Outcome("duplicate"),
    "erased": Outcome("rejected", "the data of this user_id was erased on request, and is not taken in again"),
}


_Sent: TypeAlias = tuple[EventTuple, str | None]
"""An event, and the address of the browser that sent it."""


@dataclass(frozen=True, eq=False)
class _Call:
    """A caller's events, and the future that the caller waits for."""

    rows: Sequence[EventTuple]
    rejected: Sequence[Reject]
    address: str | None
    outcomes: "Future[list[Outcome]]" = field(default_factory=Future)


class EventWriter:
    """Stores the events of all threads of a process.

    Parameters
    ----------
    db
        The shop's database; whoever opened it closes it, after the writer.
    capacity
        How many events may wait.
    votes_per_address, clock
        As `of_one_item` and `clock` of `AddressVotes`.
    """

    def __init__(
        self,
        db: Database,
        *,
        capacity: int = CAPACITY,
        votes_per_address: int = OF_ONE_ITEM,
        clock: Callable[[], int] = now,
    ) -> None:
        self._db = db
        self._address_votes = AddressVotes(db, votes_per_address, clock)
        self._capacity = capacity
        self._calls: deque[_Call] = deque()
        self._waiting = 0
        self._company = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def write(self, rows: Sequence[EventTuple]) -> list[Outcome]:
        """Store events; they are durable when this returns.

        Returns
        -------
        As the future of `submit`.

        Raises
        ------
        TryAgain
            As for `submit`.
        StorageError
            If the database cannot be used, or does not answer in time. The same events may be sent again: those that
            were stored nevertheless count as duplicates.
        """
        return self.outcomes(self.submit(rows))

    def outcomes(self, submitted: "Future[list[Outcome]]") -> list[Outcome]:
        """Wait for what `submit` returned, and raise as `write` does."""
        try:
            return submitted.result(PATIENCE_SECONDS)
        except TimeoutError:
            submitted.cancel()
            raise self.too_slow() from None

    def submit(
        self, rows: Sequence[EventTuple], rejected: Sequence[Reject] = (), address: str | None = None
    ) -> "Future[list[Outcome]]":
        """Hand over events, and rejects to be kept beside them.

        Parameters
        ----------
        address
            The network address of a browser that sent them, whose votes are capped; it is not stored.

        Returns
        -------
        The outcome of each event, in their order, once they are durable: `duplicate` if its `event_id` was stored
        before, or comes before in these rows; `rejected` if it is an erased person's, or breaks the database's rules
        and is kept as a reject. A future that is cancelled before its turn stores nothing.

        Raises
        ------
        TryAgain
            If too many events wait already, or the writer is being closed; then none of these is stored.
        DatabaseUnavailable
            If the database is known to be away; likewise.
        """
        call = _Call(rows, rejected, address)
        if not rows and not rejected:
            call.outcomes.set_result([])
        else:
            self._enqueue(call)
        return call.outcomes

    def too_slow(self) -> DatabaseUnavailable:
        """Return what to tell a caller whose patience is over."""
        return DatabaseUnavailable(
            f"database {self._db.name} took no event for {PATIENCE_SECONDS:.0f} seconds; send them again later"
        )

    @property
    def waiting(self) -> int:
        """How many events wait for their commit."""
        return self._waiting

    def close(self) -> None:
        """Take no more events, and return when those that wait are stored."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- The queue ----------------------------------------------------------------------------------------------------

    def _enqueue(self, call: _Call) -> None:
        rows = call.rows
        self._db.check()  # rather than wait behind a commit that hangs
        with self._changed:
            if self._closed:
                raise TryAgain("the event writer is being closed; try again in a moment")
            if self._waiting and self._waiting + len(rows) > self._capacity:
                raise TryAgain(f"{self._waiting:,} events wait for database {self._db.name}; try again in a moment")
            self._calls.append(call)
            self._waiting += len(rows)
            self._start()
            # Not for every call: each time the thread is woken, others wait for their turn at Python.
            if len(self._calls) == 1 or len(self._calls) >= self._company:
                self._changed.notify_all()

    def _start(self) -> None:
        """Start the thread with the first event: a process that only shows shelves needs none."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="aisle-event-writer", daemon=True)
            self._thread.start()

    def _next(self) -> list[_Call]:
        """Wait for calls and take those that share a commit; none once the writer is closed and its queue empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._calls or self._closed)
            if self._company > 1:
                self._changed.wait_for(lambda: len(self._calls) >= self._company or self._closed, COMPANY_SECONDS)
            taken: list[_Call] = []
            size = 0
            while self._calls and size < COMMIT_EVENTS:
                call = self._calls.popleft()
                size += len(call.rows)
                taken.append(call)
            self._waiting -= size
            self._company = len(taken)
        return taken

    # --- The thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while calls := self._next():
            self._settle([call for call in calls if call.outcomes.set_running_or_notify_cancel()])

    def _settle(self, calls: Sequence[_Call]) -> None:
        """Store the events of some calls in one commit, and answer the callers."""
        try:
            # The rejects first: they may be kept again at no cost, and events without an id of their own may not.
            rejects.add(self._db, [reject for call in calls for reject in call.rejected])
            outcomes = iter(self._store([(row, call.address) for call in calls for row in call.rows]))
        except StorageError as error:
            _fail(calls, error)
        except Exception as error:  # what one caller sent must not fail the others
            if len(calls) == 1:
                _fail(calls, error)
            else:
                for call in calls:
                    self._settle([call])
        else:
            for call in calls:
                call.outcomes.set_result([next(outcomes) for _ in call.rows])

    def _store(self, sent: Sequence[_Sent]) -> list[Outcome]:
        """Store events in one commit, or in several if the database refuses some, which are kept as rejects."""
        outcomes: list[Outcome] = []
        if any(address for _, address in sent):
            self._address_votes.begin()
        for part, result in around_refused(self._store_each, sent):
            if isinstance(result, Refused):
                keep(self._db, events.name, [(row, str(result)) for row, _ in part])
                outcomes.append(REFUSED)
            else:
                outcomes += [_OUTCOMES[status] for status in result]
        return outcomes

    def _store_each(self, sent: Sequence[_Sent]) -> list[RowStatus]:
        """Store events in one commit, and count those of browsers for their addresses."""
        addresses = [address for _, address in sent]
        on_new = partial(self._address_votes.marked, addresses=addresses) if any(addresses) else None
        return store_each(self._db, events, [row for row, _ in sent], on_new)


def _fail(calls: Sequence[_Call], error: Exception) -> None:
    for call in calls:
        call.outcomes.set_exception(error)
