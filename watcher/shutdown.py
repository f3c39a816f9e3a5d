"""The stop signals, SIGTERM and SIGINT, noticed within milliseconds in whichever thread the system delivers them.

A Python signal handler runs in the main thread only, between two instructions. A main thread that waits for a lock may run it minutes
later; a main thread that is about to take the lock that the handler needs never does. So the interpreter's own handler, which runs at once
in any thread, writes to a socket, and a thread of its own reads that socket:
https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_on_signals(stop: threading.Event) -> Iterator[None]:
    """Set `stop` when the process receives a stop signal. Enter it in the main thread; leaving restores the handlers."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)  # set_wakeup_fd demands it: a handler must not wait
    listener = threading.Thread(target=_listen, args=(reader, stop), name="stop-signals", daemon=True)
    # The socket first: a signal that arrives between the two steps otherwise reaches a handler that does nothing, and is lost.
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    handlers = {number: signal.signal(number, _ignore) for number in STOP_SIGNALS}
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        writer.close()
        listener.join()
        reader.close()


def _listen(reader: socket.socket, stop: threading.Event) -> None:
    while number := reader.recv(1):
        if number[0] in STOP_SIGNALS:
            stop.set()


def _ignore(*_: object) -> None:
    """Do nothing: a handler keeps the process alive, and the signal's number is already in the socket."""
