"""The port to CloudWatch's own mute rules, which hold back the actions of alarms.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules.html: a muted alarm goes on to change its state. CloudWatch
itself ends the mute, and then runs the action of an alarm that is still in the state in which it was muted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fargatecount.mutes.mute import Mute
from fargatecount.workload import Millis

MAX_ALARMS = 100
"""Alarms of one rule: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MuteTargets.html."""
MAX_LENGTH: Millis = 15 * 86_400_000
"""Milliseconds, the longest duration of a rule: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Schedule.html."""


class AlarmRules(Protocol):
    """CloudWatch's mute rules; every call raises UnavailableError or DeniedError."""

    def mute(self, name: str, alarms: Sequence[str], mute: Mute) -> str:
        """Create or replace a rule for alarms by their full names, and return its status: `ACTIVE`, `SCHEDULED` or `EXPIRED`."""
        ...

    def unmute(self, name: str) -> None:
        """Delete a rule; one that does not exist is no error."""
        ...
