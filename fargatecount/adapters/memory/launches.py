"""Launches and launch quotas in memory, for tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from fargatecount.ledger.launches import Second
from fargatecount.quotas.launch_rates import LaunchQuotaReading
from fargatecount.timestamps import MINUTE
from fargatecount.workload import Millis, Scope


class MemoryLaunches:
    """The launches of each scope in a dictionary."""

    def __init__(self) -> None:
        self._seconds: dict[Scope, Counter[Second]] = {}

    def add(self, scope: Scope, launched: Mapping[Second, int]) -> None:
        """Add launches."""
        self._seconds.setdefault(scope, Counter()).update(launched)

    def since(self, scope: Scope, moment: Millis) -> Mapping[Second, int]:
        """Return the launches of all seconds from the minute of `moment` on."""
        begin = moment // MINUTE * MINUTE
        return {second: number for second, number in self._seconds.get(scope, {}).items() if second[1] >= begin}


class MemoryLaunchQuotas:
    """The last reading of each scope in a dictionary."""

    def __init__(self) -> None:
        self._readings: dict[Scope, LaunchQuotaReading] = {}

    def keep(self, scope: Scope, reading: LaunchQuotaReading) -> None:
        """Replace the last reading."""
        self._readings[scope] = reading

    def reading(self, scope: Scope) -> LaunchQuotaReading:
        """Return the last reading; an unknown one if there is none."""
        return self._readings.get(scope, LaunchQuotaReading())
