"""Bootstrap of `fargatecount rightsize`."""

from __future__ import annotations

from dataclasses import dataclass

from fargatecount.adapters.cloudwatch.loads import CloudWatchLoads
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.rightsize.load import Loads
from fargatecount.usage.prices import PriceSettings


@dataclass(frozen=True)
class RightsizePorts:
    """The ledger, the loads that CloudWatch has, and prices."""

    ledger: DynamoLedger
    loads: Loads
    prices: PriceSettings


def rightsize_ports(connection: Connection) -> RightsizePorts:
    """Build the ports of `rightsize`; errors as for `Connection.ledger`."""
    return RightsizePorts(connection.ledger(), CloudWatchLoads(connection.client("cloudwatch")), connection.prices)
