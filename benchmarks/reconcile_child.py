"""`python -m benchmarks.reconcile_child TABLE`: one process that does the scheduled work, from its imports to its report.

Calls the AWS that its environment names. Prints the calls of the report as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import botocore.session

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.bootstrap.reconcile_ports import reconcile_ports
from fargatecount.reconcile.run import run
from fargatecount.reconcile.scope import Options
from fargatecount.settings.deployment import UsageSettings
from fargatecount.settings.environment import DEPLOYED_BUCKETS
from fargatecount.workload import Millis, Scope

BOX: Millis = 120_000


def main(table: str) -> None:
    """Reconcile once, and print the calls."""
    session = botocore.session.get_session()  # as the function: `FunctionRuntime.session`
    create: Any = session.create_client
    scope = Scope(create("sts").get_caller_identity()["Account"], session.get_config_variable("region"))
    ledger = DynamoLedger(table, scope.region, buckets=DEPLOYED_BUCKETS, session=session)
    ports = reconcile_ports(scope, ledger, create, reports_bucket=None, terms=UsageSettings(), clock=SystemClock())
    report = run(ports, Options(), owner="benchmark", time_box=BOX).report
    sys.stdout.write(json.dumps({"calls": report.calls, "known": report.clusters_known, "looked": len(report.clusters)}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
