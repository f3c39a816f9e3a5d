"""Bootstrap of `fargatecount headroom`."""

from __future__ import annotations

from dataclasses import dataclass

from fargatecount.adapters.cloudwatch.loads import CloudWatchLoads
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.ecs.services import EcsServices
from fargatecount.adapters.service_quotas import ServiceQuotas
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.quotas.quota import QuotaStore
from fargatecount.rightsize.load import Loads
from fargatecount.usage.prices import PriceSettings


@dataclass(frozen=True)
class HeadroomPorts:
    """The ledger, the quotas that the reconciler has read, and the services that your credentials may see."""

    ledger: DynamoLedger
    quotas: QuotaStore
    services: EcsServices
    loads: Loads
    prices: PriceSettings
    launch_quotas: ServiceQuotas


def headroom_ports(connection: Connection) -> HeadroomPorts:
    """Build the ports of `headroom`; errors as for `Connection.ledger`."""
    ledger = connection.ledger()
    return HeadroomPorts(
        ledger,
        DynamoQuotas(ledger.items),
        EcsServices(connection.client("ecs"), arn_of=connection.arn_of),
        CloudWatchLoads(connection.client("cloudwatch")),
        connection.prices,
        ServiceQuotas(connection.client("service-quotas")),
    )
