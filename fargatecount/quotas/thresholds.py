"""Thresholds: from which percentage on a quota is nearly exhausted, and the grade of a percentage.

Pure. This is the only place that grades a percentage, so that terminal, page, doctor, events and alarms agree.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Grade(StrEnum):
    """How close usage is to its ceiling."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"
    """The percentage is not known."""


class QuotaThresholds(msgspec.Struct, frozen=True, kw_only=True):
    """Percentages of a quota from which on usage is graded `warning` and `critical`: the thresholds of the alarms."""

    warning: float = 80.0
    """The default of the setting `warningPercent`."""
    critical: float = 95.0
    """The default of the setting `criticalPercent`."""

    def grade(self, percent: float | None) -> Grade:
        """Return the grade of a percentage."""
        if percent is None:
            return Grade.UNKNOWN
        if percent >= self.critical:
            return Grade.CRITICAL
        return Grade.WARNING if percent >= self.warning else Grade.OK


DEFAULT_THRESHOLDS = QuotaThresholds()
"""The thresholds where no deployment sets its own."""
