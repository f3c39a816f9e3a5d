"""Bootstrap of `fargatecount mute`."""

from __future__ import annotations

from fargatecount.adapters.cloudwatch.alarms import CloudWatchAlarms
from fargatecount.adapters.cloudwatch.mute_rules import CloudWatchMuteRules
from fargatecount.adapters.dynamodb.mutes import DynamoMutes
from fargatecount.adapters.identity import who
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.breaches.alarm_list import AlarmList
from fargatecount.mutes.change import MutePorts
from fargatecount.workload import Scope


class MuteDesk:
    """The ports of a deployment, and the caller; errors as for `Connection.ledger`."""

    def __init__(self, connection: Connection) -> None:
        caller = who(connection.client("sts"), connection.clock)
        cloudwatch = connection.client("cloudwatch")
        self.by = caller.arn
        self.alarms: AlarmList = CloudWatchAlarms(cloudwatch, connection.client("sns"))
        self.ports = MutePorts(
            store=DynamoMutes(connection.ledger().items),
            rules=CloudWatchMuteRules(cloudwatch),
            scope=Scope(caller.account, connection.region),
            stack=connection.stack,
        )
