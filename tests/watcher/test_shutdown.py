"""Hearing the order to stop."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from tests.support.deadline import eventually
from watcher.shutdown import stop_on_signals


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
def test_order_to_the_process(order: signal.Signals) -> None:
    """SIGTERM and Ctrl-C are heard."""
    stop = threading.Event()
    with stop_on_signals(stop):
        os.kill(os.getpid(), order)
        assert stop.wait(5)


def test_order_that_another_thread_gets() -> None:
    """A main thread that waits for something else hears of a signal that the system gave to another thread."""
    stop = threading.Event()
    with stop_on_signals(stop):
        threading.Thread(target=signal.raise_signal, args=(signal.SIGTERM,)).start()
        assert stop.wait(5)


def test_other_signals_are_no_orders() -> None:
    """A child that ended is no reason to stop."""
    stop, seen = threading.Event(), threading.Event()
    before = signal.signal(signal.SIGUSR1, lambda *_: seen.set())
    try:
        with stop_on_signals(stop):
            os.kill(os.getpid(), signal.SIGUSR1)
            eventually(seen.is_set, "the signal arrived")
            assert not stop.is_set()
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_afterwards_all_is_as_before() -> None:
    """The process has its own handlers again."""
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with stop_on_signals(threading.Event()):
        pass
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
    assert signal.set_wakeup_fd(-1) == -1
