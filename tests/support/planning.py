"""What a reconcile makes of a view: shared by the tests of the plan and of the causes that it names."""

from __future__ import annotations

from typing import Any

from fargatecount.ledger.row import Row
from fargatecount.reconcile.plan import Plan, plan
from fargatecount.sources.snapshot import Snapshot
from fargatecount.workload import Observation
from tests.support.builders import HOUR, NOW, WEB

LONG_AGO = NOW - HOUR


def decide(rows: dict[str, Row], *observations: Observation, **changes: Any) -> Plan:
    """Plan for a view of cluster `web` taken now; the described workloads changed an hour ago."""
    view: dict[str, Any] = {
        "cluster": WEB,
        "requested_at": NOW,
        "observations": observations,
        "changed_at": {seen.workload_id: LONG_AGO for seen in observations},
    }
    return plan(rows, Snapshot(**view | changes))
