"""Bootstrap of `fargatecount alarm-test`."""

from __future__ import annotations

from dataclasses import dataclass

from fargatecount.adapters.cloudwatch.alarms import CloudWatchAlarms
from fargatecount.adapters.eventbridge import EventBridgeEvents
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.breaches.alarms import Alarms
from fargatecount.breaches.notify import Bus


@dataclass(frozen=True)
class AlarmTestPorts:
    """The alarms of the account and Region, and the bus for limit events."""

    alarms: Alarms
    bus: Bus


def alarm_test_ports(connection: Connection) -> AlarmTestPorts:
    """Build the ports of `alarm-test`."""
    alarms = CloudWatchAlarms(connection.client("cloudwatch"), connection.client("sns"))
    return AlarmTestPorts(alarms, EventBridgeEvents(connection.client("events")))
