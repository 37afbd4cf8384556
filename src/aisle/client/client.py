"""The client of programs that wait for each answer."""

import time
from collections.abc import Callable, Sequence
from functools import reduce, wraps
from itertools import count
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx2

from aisle.client import calls, wire
from aisle.client.answers import NOTHING, Received
from aisle.client.calls import Call
from aisle.client.queue import EventQueue

P = ParamSpec("P")
T = TypeVar("T")


def _sends(describe: Callable[P, Call[T]]) -> Callable[Concatenate["Client", P], T]:
    """Return the method that sends a call and returns its answer."""

    @wraps(describe)
    def method(client: "Client", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return client.send(describe(*args, **kwargs))

    return method


def _stores(describe: Callable[P, list[Call[Received]]]) -> Callable[Concatenate["Client", P], Received]:
    """Return the method that sends as many calls as the rows need."""

    @wraps(describe)
    def method(client: "Client", /, *args: P.args, **kwargs: P.kwargs) -> Received:
        return reduce(Received.and_, (client.send(call) for call in describe(*args, **kwargs)), NOTHING)

    return method


class Client:
    """The API of a server; one client serves all threads of a program, and keeps its connections.

    Parameters
    ----------
    url
        Where the server answers, as `https://aisle.example`.
    key
        A key that `aisle keys create` printed; `sk_…` for the shop's own server.
    user_token
        Beside a `pk_` key, the token of the signed user whom the calls are about.
    timeout
        How many seconds a connection or an answer may take.
    retries
        How often a call is sent again that failed for a passing reason and may be sent again; `Retry-After` is
        heeded.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        user_token: str | None = None,
        timeout: float = 10.0,
        retries: int = 3,
    ) -> None:
        self._retries = retries
        self._http = httpx2.Client(
            base_url=wire.checked(url), headers=wire.headers_of(key, user_token), timeout=timeout
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """Send a call of `aisle.client.calls` and return its answer.

        Raises
        ------
        ApiError
            If it is refused, or no answer comes.
        """
        for tries in count():
            outcome: wire.Outcome
            try:
                outcome = self._http.request(**wire.request_of(call))
            except httpx2.TransportError as error:
                outcome = error
            wait = wire.wait_before_retry(call, outcome, tries) if tries < self._retries else None
            if wait is None:
                return wire.answer_of(call, outcome)
            time.sleep(wait)
        raise AssertionError("it counts for ever")

    def batch(self, several: Sequence[Call[Any]]) -> list[Any]:
        """Send up to 100 calls at once, which the server makes in turn.

        Returns
        -------
        answers
            What each was answered; an `ApiError` in the place of one that was refused.
        """
        return wire.answers_of(several, self.send(wire.batch_of(several)))

    def queue(self) -> EventQueue:
        """Return a queue that sends events in the background: `with client.queue() as events: events.add(…)`."""
        return EventQueue(self.send_events)

    recommendations = _sends(calls.recommendations)
    page = _sends(calls.page)
    similar = _sends(calls.similar)
    bought_together = _sends(calls.bought_together)
    trending = _sends(calls.trending)
    bestsellers = _sends(calls.bestsellers)
    rank = _sends(calls.rank)
    items = _sends(calls.items)
    put_items = _stores(calls.put_items)
    delete_items = _sends(calls.delete_items)
    send_events = _stores(calls.send_events)
    delete_events = _sends(calls.delete_events)
    rate = _sends(calls.rate)
    add_reviews = _stores(calls.add_reviews)
    put_users = _stores(calls.put_users)
    export_user = _sends(calls.export_user)
    erase_user = _sends(calls.erase_user)
    merge_users = _sends(calls.merge_users)
    unmerge_users = _sends(calls.unmerge_users)
    models = _sends(calls.models)
    promote = _sends(calls.promote)
    rollback = _sends(calls.rollback)
    rejects = _sends(calls.rejects)
    health = _sends(calls.health)
