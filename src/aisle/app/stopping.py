"""Being told to stop: by Ctrl-C in a terminal, or by whoever started the process."""

import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def told_to_stop(stop: Callable[[], None]) -> Iterator[None]:
    """While a block of the main thread runs, call a function when the process is told to stop.

    The function is called in a thread of its own. A handler of signals interrupts the main thread anywhere, even where
    it holds a lock that the function needs, or the handler itself: setting an event there waits for ever.

    Parameters
    ----------
    stop
        Called at the first signal; it makes the block end, and returns at once.
    """
    told: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()  # one that a `put` may interrupt
    thread = threading.Thread(target=lambda: told.get()(), name="aisle-stop", daemon=True)
    thread.start()
    before = [(number, signal.signal(number, lambda *_: told.put(stop))) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
        told.put(lambda: None)  # the thread ends, too, where nothing was told
        thread.join()
