"""`python -m benchmarks.reconcile_child`: the running tasks of all clusters, read as the reconciler's probe does, in one process."""

from __future__ import annotations

import json
import sys

from fargatecount.adapters.ecs_api import EcsApi
from fargatecount.adapters.sessions import open_session
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.pace import Pace
from fargatecount.workload import Scope


def main() -> None:
    """Print the number of clusters and of running tasks as one line of JSON."""
    session = open_session(region=None, profile=None, role_arn=None)
    clock = SystemClock()
    ecs = EcsApi(session.client("ecs"), Scope("000000000000", session.region_name), Pace(clock), clock)
    found = ecs.statistics(ecs.clusters())
    sys.stdout.write(json.dumps({"clusters": len(found), "running": sum(one.running for one in found.values())}) + "\n")


if __name__ == "__main__":
    main()
