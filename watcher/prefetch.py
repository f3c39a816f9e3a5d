"""A stream read ahead in a thread of its own, so that its consumer can wait a limited time and never hangs on a silent connection.

Order is kept and nothing is dropped: when the consumer is slow the pump waits, and with it the connection.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Empty, Full, Queue

from watcher.events import Message

CAPACITY = 400
"""Messages read ahead: two batches, about 1.5 MB of pods."""
LOOK_UP = 1.0
"""Seconds after which a pump that is stuck on a full queue looks whether it is still wanted."""


class Pump:
    """Takes messages from a stream as they come, until it is stopped or the stream ends."""

    def __init__(self, messages: Iterator[Message], name: str = "stream") -> None:
        self._messages = messages
        self._queue: Queue[Message] = Queue(CAPACITY)
        self._stopped = threading.Event()
        self._failure: BaseException | None = None
        # A daemon: when the process ends, a read that lasts until its timeout must not hold it up.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more; what has been read can still be taken."""
        self._stopped.set()

    def take(self, timeout: float) -> Message | None:
        """Return the next message, or None if there is none within `timeout` seconds.

        Raises:
            RuntimeError: the stream ended by a failure of its own, and everything before that has been taken.
        """
        try:
            return self._queue.get(timeout=timeout) if timeout > 0 else self._queue.get_nowait()
        except Empty:
            if self._failure is not None and self._queue.empty():
                raise RuntimeError(f"the stream failed: {self._failure!r}") from self._failure
            return None

    def _run(self) -> None:
        try:
            for message in self._messages:
                if not self._put(message):
                    return
        except Exception as error:  # noqa: BLE001 - a thread has nobody above it: the consumer raises it
            self._failure = error

    def _put(self, message: Message) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(message, timeout=LOOK_UP)
            except Full:
                continue
            return True
        return False
