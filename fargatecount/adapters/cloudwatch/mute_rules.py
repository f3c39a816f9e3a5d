"""CloudWatch's mute rules for alarms, with the credentials of an operator.

Needs `cloudwatch:PutAlarmMuteRule` on the rules and the alarms, `cloudwatch:GetAlarmMuteRule` and `cloudwatch:DeleteAlarmMuteRule`:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.mutes.mute import Mute
from fargatecount.timestamps import MINUTE


class CloudWatchMuteRules:
    """Mute rules through a botocore client `cloudwatch`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def mute(self, name: str, alarms: Sequence[str], mute: Mute) -> str:
        """Create or replace a rule, and return its status; it begins and ends at whole minutes."""
        begins, ends = mute.since // MINUTE, -(-mute.until // MINUTE)
        at, length = f"at({datetime.fromtimestamp(begins * 60, UTC):%Y-%m-%dT%H:%M})", ends - begins
        if mute.every is not None:
            at, length = mute.every, mute.length // MINUTE
        with aws_errors(f"muting {len(alarms)} alarms", action="cloudwatch:PutAlarmMuteRule"):
            self._client.put_alarm_mute_rule(
                Name=name,
                Description=mute.reason,
                Rule={
                    "Schedule": {
                        "Expression": at,
                        "Duration": f"PT{length}M",
                        "Timezone": "UTC",
                    }
                },
                MuteTargets={"AlarmNames": list(alarms)},
                ExpireDate=datetime.fromtimestamp(ends * 60, UTC),
            )
        with aws_errors(f"reading the mute rule {name}", action="cloudwatch:GetAlarmMuteRule"):
            return str(self._client.get_alarm_mute_rule(AlarmMuteRuleName=name)["Status"])

    def unmute(self, name: str) -> None:
        """Delete a rule; one that does not exist is no error."""
        with aws_errors(f"deleting the mute rule {name}", action="cloudwatch:DeleteAlarmMuteRule"):
            self._client.delete_alarm_mute_rule(AlarmMuteRuleName=name)
