"""Bootstrap of `fargatecount status`."""

from __future__ import annotations

from dataclasses import dataclass

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.mutes import DynamoMutes
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.mutes.mute import MuteStore
from fargatecount.quotas.quota import QuotaStore
from fargatecount.refusals.log import RefusalLog


@dataclass(frozen=True)
class StatusPorts:
    """The ledger, the quotas that the reconciler has read, the refusal log, and the mutes."""

    ledger: DynamoLedger
    quotas: QuotaStore
    refusals: RefusalLog
    mutes: MuteStore


def status_ports(connection: Connection) -> StatusPorts:
    """Build the ports of `status`; errors as for `Connection.ledger`."""
    ledger = connection.ledger()
    return StatusPorts(ledger, DynamoQuotas(ledger.items), DynamoRefusals(ledger.items), DynamoMutes(ledger.items))
