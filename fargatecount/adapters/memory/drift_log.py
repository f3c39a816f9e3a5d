"""What reconciles repaired in the last day, in memory: for tests."""

from __future__ import annotations

from fargatecount.reconcile.drift_log import DriftLog
from fargatecount.workload import Scope


class MemoryDriftLog:
    """The drift of each scope in a dictionary."""

    def __init__(self) -> None:
        self._logs: dict[Scope, DriftLog] = {}

    def drift(self, scope: Scope) -> DriftLog:
        """Return the log; an empty one before the first run."""
        return self._logs.get(scope, DriftLog())

    def keep_drift(self, scope: Scope, log: DriftLog) -> None:
        """Replace it."""
        self._logs[scope] = log
