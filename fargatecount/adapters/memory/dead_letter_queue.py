"""A queue in memory: a received message is hidden, and comes back after a while."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fargatecount.clock import Clock
from fargatecount.ingest.dead_letter import DeadLetter
from fargatecount.workload import Millis

HIDDEN: Millis = 300_000
"""The same time as in `adapters.sqs.dead_letter_queues`."""
BATCH = 10


class MemoryQueue:
    """One queue: of dead letters, or of tasks."""

    def __init__(self, clock: Clock, *, holds_stream_failures: bool = False) -> None:
        self.holds_stream_failures = holds_stream_failures
        self._clock = clock
        self._letters: dict[str, DeadLetter] = {}
        self._hidden_until: dict[str, Millis] = {}
        self._sent = 0

    @property
    def bodies(self) -> list[str]:
        """Everything in it, hidden or not, oldest first."""
        return [letter.body for letter in self._letters.values()]

    def put(self, body: str, attributes: Mapping[str, str] | None = None) -> str:
        """Send one message with attributes; return its id."""
        self._sent += 1
        message_id = f"{self._sent:08d}-0000-4000-8000-000000000000"
        self._letters[message_id] = DeadLetter(
            id=message_id, body=body, attributes=attributes or {}, sent_at=self._clock.now(), received=0, receipt=""
        )
        return message_id

    def send(self, bodies: Sequence[str]) -> None:
        """Send messages."""
        for body in bodies:
            self.put(body)

    def receive(self) -> Sequence[DeadLetter]:
        """Return up to ten letters, hidden from all other readers for some minutes."""
        now = self._clock.now()
        visible = [letter for letter in self._letters.values() if self._hidden_until.get(letter.id, 0) <= now][:BATCH]
        for letter in visible:
            received = letter.received + 1
            self._letters[letter.id] = msgspec.structs.replace(letter, received=received, receipt=f"{letter.id}/{received}")
            self._hidden_until[letter.id] = now + HIDDEN
        return [self._letters[letter.id] for letter in visible]

    def release(self, letters: Iterable[DeadLetter]) -> None:
        """Make letters visible again at once."""
        for letter in letters:
            if letter.id in self._letters and self._letters[letter.id].receipt == letter.receipt:
                self._hidden_until.pop(letter.id, None)

    def delete(self, letters: Sequence[DeadLetter]) -> None:
        """Delete letters."""
        for letter in letters:
            self._letters.pop(letter.id, None)
