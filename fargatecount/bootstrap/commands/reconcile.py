"""Bootstrap of `fargatecount reconcile`."""

from __future__ import annotations

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.reconcile_ports import reconcile_ports
from fargatecount.reconcile.ports import Ports
from fargatecount.workload import Scope


def command_ports(connection: Connection, scope: Scope, ledger: DynamoLedger, reports_bucket: str | None) -> Ports:
    """Build the ports of one run with your credentials; without a bucket its report is not kept."""
    return reconcile_ports(
        scope,
        ledger,
        connection.create_client,
        reports_bucket=reports_bucket,
        terms=connection.terms,
        clock=connection.clock,
        history=connection.history,
        has_hub=connection.has_hub,
    )
