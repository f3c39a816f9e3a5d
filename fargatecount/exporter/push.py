"""Push: the samples of the exporter, sent again and again to a receiver that does not scrape.

The same snapshot serves both: a push costs no read of the table beyond those of `--every`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from fargatecount.errors import FargatecountError
from fargatecount.exporter.family import ExportedSample
from fargatecount.workload import Millis


class SampleSet(NamedTuple):
    """The samples of one snapshot."""

    at: Millis
    samples: Sequence[ExportedSample]


class Receiver(Protocol):
    """Where samples are pushed to."""

    def push(self, found: SampleSet) -> None:
        """Send all samples; raises UnavailableError if they were not accepted."""
        ...


class Pusher:
    """Pushes what `read` returns; `report` gets each new trouble, and an empty text when it is over."""

    def __init__(self, read: Callable[[], SampleSet], receiver: Receiver, report: Callable[[str], None]) -> None:
        self._read = read
        self._receiver = receiver
        self._report = report
        self._trouble = ""

    def push(self) -> None:
        """Push once; a receiver that is away delays nothing and loses only this push, because the next one has the levels of then."""
        trouble = ""
        try:
            self._receiver.push(self._read())
        except FargatecountError as error:
            trouble = str(error)
        if trouble != self._trouble:
            self._trouble = trouble
            self._report(trouble)
