"""A table of AWS's own DynamoDB Local: the write units of what is written to it, and its bare rate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from benchmarks.bare_writes import bare_rate


@dataclass
class LocalTable:
    """A table, and the load that its bare rate is measured with."""

    client: Any
    name: str
    workers: int
    size: int
    """Bytes of what each write replaces."""
    units: list[float] = field(default_factory=list)
    """The write units of each write that was noted."""

    def bare(self) -> float:
        """Return the writes a second without the code under test."""
        return bare_rate(self.client, self.name, workers=self.workers, size=self.size)

    def note(self, parsed: dict[str, Any], **_: Any) -> None:
        """Note the write units of an answer; a handler of botocore's `after-call`."""
        consumed = parsed.get("ConsumedCapacity", {}).get("CapacityUnits")
        if consumed is not None:
            self.units.append(float(consumed))
