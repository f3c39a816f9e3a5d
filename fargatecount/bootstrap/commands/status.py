"""Bootstrap of `fargatecount status`."""

from __future__ import annotations

from dataclasses import dataclass

from fargatecount.adapters.dynamodb.launches import DynamoLaunches, DynamoLaunchQuotas
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.mutes import DynamoMutes
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.ledger.launches import LaunchLog
from fargatecount.mutes.mute import MuteStore
from fargatecount.quotas.launch_rates import LaunchQuotaStore
from fargatecount.quotas.quota import QuotaStore
from fargatecount.refusals.log import RefusalLog


@dataclass(frozen=True, kw_only=True)
class StatusPorts:
    """The ledger, the quotas that the reconciler has read, the refusal log, the mutes and the launches."""

    ledger: DynamoLedger
    quotas: QuotaStore
    refusals: RefusalLog
    mutes: MuteStore
    launches: LaunchLog
    launch_quotas: LaunchQuotaStore


def status_ports(connection: Connection) -> StatusPorts:
    """Build the ports of `status`; errors as for `Connection.ledger`."""
    ledger = connection.ledger()
    items = ledger.items
    return StatusPorts(
        ledger=ledger,
        quotas=DynamoQuotas(items),
        refusals=DynamoRefusals(items),
        mutes=DynamoMutes(items),
        launches=DynamoLaunches(items),
        launch_quotas=DynamoLaunchQuotas(items),
    )
