"""Bootstrap of `fargatecount alarms` and `fargatecount explain`."""

from __future__ import annotations

from dataclasses import dataclass

from fargatecount.adapters.cloudwatch.alarms import CloudWatchAlarms
from fargatecount.adapters.dynamodb.breaches import DynamoBreaches
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.mutes import DynamoMutes
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.breaches.alarm_list import AlarmList
from fargatecount.breaches.notify import BreachStore
from fargatecount.mutes.mute import MuteStore


@dataclass(frozen=True)
class AlarmListPorts:
    """The ledger, the breaches and mutes in its table, and the alarms of CloudWatch."""

    ledger: DynamoLedger
    breaches: BreachStore
    mutes: MuteStore
    alarms: AlarmList


def alarm_list_ports(connection: Connection) -> AlarmListPorts:
    """Build the ports; errors as for `Connection.ledger`."""
    ledger = connection.ledger()
    return AlarmListPorts(
        ledger,
        DynamoBreaches(ledger.items),
        DynamoMutes(ledger.items),
        CloudWatchAlarms(connection.client("cloudwatch"), connection.client("sns")),
    )
