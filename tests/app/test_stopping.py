import signal
import threading

import pytest

from aisle.app.stopping import told_to_stop


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops(number: signal.Signals) -> None:
    stopping = threading.Event()
    with told_to_stop(stopping.set):
        signal.raise_signal(number)
        assert stopping.wait(60)


def test_a_signal_stops_a_thread_that_holds_the_lock_of_its_event() -> None:
    lock, stopped = threading.Lock(), threading.Event()

    def stop() -> None:
        with lock:
            stopped.set()

    with told_to_stop(stop):
        with lock:
            signal.raise_signal(signal.SIGTERM)
        assert stopped.wait(60)


def test_who_is_told_twice_stops_once() -> None:
    stops = []
    with told_to_stop(lambda: stops.append(1)):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    assert stops == [1]


def test_afterwards_signals_do_what_they_did() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with told_to_stop(lambda: None):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
