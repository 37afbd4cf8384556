"""Refusals before anything is made for a request: past an overload they are most of what a server answers."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from aisle.web.access_log import Accesses
from aisle.web.admission import WRITTEN_REFUSAL, Places


class Refusals:
    """Which requests are sent away, each of which is noted as any other answer is."""

    def __init__(self, places: Places, accesses: Accesses) -> None:
        self._places = places
        self._accesses = accesses

    def sends_away(self, method: str, path: str) -> bool:
        """Return whether a request is sent away."""
        if not self._places.are_taken(method, path):
            return False
        self._accesses.note(method, path, 503, 0.0)
        return True


class _Refused:
    """Stands for what uvicorn makes to answer a request: the answer is complete, and a body is not looked at."""

    response_complete = True
    message_event = asyncio.Event()


_REFUSED: Final[Any] = _Refused()


class RefusingProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which sends requests away itself: a task and its messages would cost four times as much.

    What is not plain is left to the application, whose `Admission` sends it away too. `state.refusals` of the
    application says which requests these are.
    """

    def __init__(self, config: Any, *arguments: Any, **others: Any) -> None:
        super().__init__(config, *arguments, **others)
        self._refusals: Refusals = config.app.state.refusals

    def on_headers_complete(self) -> None:
        """Begin to answer, or send the request away."""
        if self._is_plain() and self._refusals.sends_away(self.parser.get_method().decode(), self._path().decode()):
            self.cycle = _REFUSED
            self.transport.write(WRITTEN_REFUSAL)
            self.on_response_complete()
        else:
            super().on_headers_complete()

    def _is_plain(self) -> bool:
        """Return whether nothing is being answered, the connection stays, and the path is written as it is meant."""
        answers = self.cycle is not None and not self.cycle.response_complete
        path = self._path()
        return (
            not answers
            and self.parser.should_keep_alive()
            and self.parser.get_method() != b"HEAD"
            and path.startswith(b"/")
            and b"%" not in path
        )

    def _path(self) -> bytes:
        return self.url.partition(b"?")[0]
