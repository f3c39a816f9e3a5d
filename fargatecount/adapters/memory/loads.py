"""Loads in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fargatecount.errors import FargatecountError
from fargatecount.rightsize.load import GroupKey, Load
from fargatecount.workload import Millis


class MemoryLoads:
    """Loads that a test has put there; `error` is raised instead, if set."""

    def __init__(self, loads: Mapping[GroupKey, Load] | None = None) -> None:
        self.loads = dict(loads or {})
        self.error: FargatecountError | None = None
        self.reads = 0

    def read(self, keys: Sequence[GroupKey], since: Millis, until: Millis) -> Mapping[GroupKey, Load]:
        """Return the loads of these groups."""
        del since, until
        self.reads += 1
        if self.error is not None:
            raise self.error
        return {key: self.loads[key] for key in keys if key in self.loads}
