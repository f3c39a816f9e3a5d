"""Reading a stream ahead in a thread of its own, so that its consumer can wait for a limited time and never hangs on a silent connection.

Order is kept and nothing is dropped: if the consumer is slow, the prefetcher waits, and with it the connection.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Empty, Full, Queue

from watcher.events import Message

CAPACITY = 400
"""Messages read ahead: two batches, about 1.5 MB of pods."""
STOP_CHECK = 1.0
"""Seconds after which a prefetcher that waits on a full queue checks whether it was stopped."""


class Prefetcher:
    """Takes messages from a stream as they come, until it is stopped or the stream ends."""

    def __init__(self, messages: Iterator[Message], name: str = "stream") -> None:
        self._messages = messages
        self._queue: Queue[Message] = Queue(CAPACITY)
        self._stopped = threading.Event()
        self._failure: BaseException | None = None
        # A daemon: when the process ends, a read that lasts until its timeout must not delay it.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading; messages read so far can still be taken."""
        self._stopped.set()

    def take(self, timeout: float) -> Message | None:
        """Return the next message, or None if none arrives within `timeout` seconds.

        Raises:
            RuntimeError: the stream failed with an unexpected error, and all messages before it have been taken.
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
        except Exception as error:  # noqa: BLE001 - nothing above a thread catches it; `take` raises it in the consumer
            self._failure = error

    def _put(self, message: Message) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(message, timeout=STOP_CHECK)
            except Full:
                continue
            return True
        return False
