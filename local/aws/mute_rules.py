"""CloudWatch's alarm mute rules with `at` expressions: which alarms are muted at a time. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

LONGEST: Final = 15 * 86_400
SHORTEST: Final = 60
MOST_ALARMS: Final = 100
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2})\)")


@dataclass(frozen=True)
class MuteRule:
    """One rule; times are seconds since the epoch."""

    name: str
    alarms: tuple[str, ...]
    begins: float
    ends: float

    def status(self, now: float) -> str:
        """Return `SCHEDULED`, `ACTIVE` or `EXPIRED`."""
        if now < self.begins:
            return "SCHEDULED"
        return "ACTIVE" if now < self.ends else "EXPIRED"


def rule_of(data: dict[str, Any]) -> MuteRule:
    """Return the rule of a request PutAlarmMuteRule; raises ValueError for what AWS does not accept."""
    schedule = data["Rule"]["Schedule"]
    at = _AT.fullmatch(schedule["Expression"])
    if at is None:
        raise ValueError(f"the embedded AWS knows at(yyyy-MM-ddThh:mm) only, and not {schedule['Expression']}")
    found = _DURATION.fullmatch(schedule["Duration"])
    days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    length = days * 86_400 + hours * 3_600 + minutes * 60
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(f"the duration {schedule['Duration']} is not between PT1M and P15D")
    alarms = tuple(data.get("MuteTargets", {}).get("AlarmNames", ()))
    if len(alarms) > MOST_ALARMS:
        raise ValueError(f"{len(alarms)} alarms: at most {MOST_ALARMS}")
    begins = datetime.fromisoformat(at[1]).replace(tzinfo=ZoneInfo(schedule.get("Timezone") or "UTC")).timestamp()
    return MuteRule(data["Name"], alarms, begins, begins + length)


class Muted:
    """The rules of one account and Region, and the actions that they hold back."""

    def __init__(self) -> None:
        self.rules: dict[str, MuteRule] = {}
        self._held: dict[str, tuple[str, str, str]] = {}

    def holds(self, alarm: str, now: float) -> bool:
        """Return whether an alarm is muted."""
        return any(alarm in rule.alarms and rule.status(now) == "ACTIVE" for rule in self.rules.values())

    def hold(self, alarm: str, before: str, after: str, reason: str) -> None:
        """Remember the last change of state whose action was not run."""
        self._held[alarm] = (before, after, reason)

    def released(self, now: float) -> list[tuple[str, str, str, str]]:
        """Return the alarms that are not muted any more, with their held changes, once."""
        free = [alarm for alarm in self._held if not self.holds(alarm, now)]
        return [(alarm, *self._held.pop(alarm)) for alarm in free]
