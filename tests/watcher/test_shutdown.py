"""The stop signals."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from tests.support.deadline import eventually
from watcher.shutdown import stop_on_signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_to_the_process(number: signal.Signals) -> None:
    """SIGTERM and SIGINT set the stop event."""
    stop = threading.Event()
    with stop_on_signals(stop):
        os.kill(os.getpid(), number)
        assert stop.wait(5)


def test_signal_in_another_thread() -> None:
    """A signal that the system delivers to another thread sets the event too."""
    stop = threading.Event()
    with stop_on_signals(stop):
        threading.Thread(target=signal.raise_signal, args=(signal.SIGTERM,)).start()
        assert stop.wait(5)


def test_other_signals_do_not_stop() -> None:
    """Another signal does not set the event."""
    stop, seen = threading.Event(), threading.Event()
    before = signal.signal(signal.SIGUSR1, lambda *_: seen.set())
    try:
        with stop_on_signals(stop):
            os.kill(os.getpid(), signal.SIGUSR1)
            eventually(seen.is_set, "the signal arrived")
            assert not stop.is_set()
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_leaving_restores_the_handlers() -> None:
    """Leaving restores the handlers of the process."""
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with stop_on_signals(threading.Event()):
        pass
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
    assert signal.set_wakeup_fd(-1) == -1
