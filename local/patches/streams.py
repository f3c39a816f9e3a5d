"""Event source mappings of DynamoDB streams that block no other invocation.

On AWS every mapping has pollers of its own. The emulator invokes the function of a stream on the one thread that also feeds all queues to
their functions: while the publisher waits for its turn, which may be five seconds, no event would be counted. Here streams have a thread
of their own, on which their batches still go one after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from ministack.services import lambda_svc


def apply() -> None:
    """Let the emulator's poll loop only wake the thread that polls the streams."""
    poller = _Poller(lambda_svc._poll_dynamodb_streams)
    lambda_svc._poll_dynamodb_streams = poller.wake


class _Poller:
    """Polls whenever it is woken, until there is nothing more."""

    def __init__(self, poll: Callable[[], bool]) -> None:
        self._poll = poll
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream-poller", daemon=True)

    def wake(self) -> bool:
        """Request another poll; return that this thread itself found nothing to do."""
        if not self._thread.is_alive():
            self._thread.start()
        self._woken.set()
        return False

    def _run(self) -> None:
        while self._woken.wait():
            self._woken.clear()
            try:
                while self._poll():
                    pass
            except Exception as error:  # noqa: BLE001 - as the emulator's own loop: one bad look must not be the last
                lambda_svc.logger.error("ESM DynamoDB streams poller error: %s", error)
