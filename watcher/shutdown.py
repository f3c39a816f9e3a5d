"""The order to stop: SIGTERM and SIGINT, heard within milliseconds by whichever thread the system hands them to.

A Python signal handler runs in the main thread only, between two instructions: a main thread that waits for a lock may hear of the signal
minutes later, and one that is about to take the very lock that the handler wants, never. So the interpreter's own handler, which runs at
once in any thread, writes to a socket, and a thread that does nothing else reads it:
https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ORDERS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def heard(stop: threading.Event) -> Iterator[None]:
    """Set `stop` when the process is told to; to be entered in the main thread, and undone on leaving."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)  # set_wakeup_fd demands it: a handler must not wait
    listener = threading.Thread(target=_listen, args=(reader, stop), name="orders", daemon=True)
    # The socket first: an order between the two would else be taken by a handler that does nothing, and lost.
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    handlers = {number: signal.signal(number, _heard) for number in ORDERS}
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
        if number[0] in ORDERS:
            stop.set()


def _heard(*_: object) -> None:
    """Do nothing: that there is a handler keeps the process alive, and the number is in the socket already."""
