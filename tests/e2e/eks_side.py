"""The EKS side of the deployment under test: clusters, the function that lists them, and watchers as processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fargatecount.adapters.system_clock import SystemClock
from fargatecount.counts import Counts
from fargatecount.ledger.store import Bucket
from fargatecount.ledger.verify import BucketFinding, verify
from fargatecount.workload import Cluster, Kind, Phase
from local import eks_clusters
from local.kubernetes.driver import PodDriver
from local.process import CHECKOUT
from tests.e2e.deployment import ACCOUNT, Deployed
from tests.support.deadline import eventually

WATCHER_ROLE = CHECKOUT / "infra" / "watcher-role.yml"
STOP_SECONDS = 60.0
"""A watcher ends within seconds of SIGTERM; on a busy machine ten times that."""


class EksSide:
    """EKS in the account of a deployment; whatever clusters a test makes end with it."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        self.stack = deployed.stack
        self._created: set[str] = set()

    def create(self, name: str, **options: Any) -> PodDriver:
        """Create a cluster with a profile; the account's root may do everything in it."""
        self._created.add(name)
        return eks_clusters.create(self.stack, name, **options)

    def delete(self, name: str) -> None:
        """Delete a cluster."""
        eks_clusters.delete(self.stack, name)
        self._created.discard(name)

    def close(self) -> None:
        """Delete all clusters."""
        for name in sorted(self._created):
            self.delete(name)

    def cluster(self, name: str) -> Cluster:
        return Cluster(self.deployed.scope, Kind.EKS, name)

    def counts(self, name: str) -> Counts:
        """Return what the counters of a cluster add up to."""
        ledger = self.deployed.ledger
        return Counts.total(
            counter.counts for counter in ledger.read_counters([Bucket(self.cluster(name), i) for i in range(ledger.buckets)])
        )

    def living(self, name: str) -> set[str]:
        """Return the uids of the pods that are in the ledger and not gone."""
        ledger = self.deployed.ledger
        rows = (row for number in range(ledger.buckets) for row in ledger.rows_of(Bucket(self.cluster(name), number)))
        return {workload_id for workload_id, row in rows if row.phase is not Phase.GONE}

    def verify(self, *names: str) -> Sequence[BucketFinding]:
        """Recount clusters."""
        return list(verify(self.deployed.ledger, [self.cluster(name) for name in names], SystemClock()))

    def look(self) -> dict[str, Any]:
        """Invoke function reconcile for everything that is due to it now; what came of it."""
        found: dict[str, Any] = {}

        def done() -> bool:
            answer = self.stack.client("lambda").invoke(FunctionName="fargatecount-local-reconcile", Payload=json.dumps({"now": True}))
            assert "FunctionError" not in answer, answer["Payload"].read()
            found.update(json.loads(answer["Payload"].read()))
            return bool(found["ran"])  # not while the schedule's own run is under way

        eventually(done, "function reconcile has run", within=120)
        return found

    def shown(self, name: str) -> dict[str, Any]:
        """Return what `status` says of a cluster."""
        answer = self.deployed.status("--cluster", f"EKS-{name}")
        (cluster,) = (cluster for scope in answer["scopes"] for cluster in scope["clusters"])
        return dict(cluster)

    def listed(self, name: str) -> dict[str, Any]:
        """Return what `eks list` says of a cluster."""
        answer = json.loads(self.deployed.command("eks", "list", "--json").stdout)
        (cluster,) = (cluster for cluster in answer["clusters"] if cluster["cluster"] == f"EKS-{name}")
        return dict(cluster)

    def watcher_role(self, cluster: str) -> str:
        """Deploy the watcher's role for one cluster, or for `*`; return its ARN."""
        stack = f"watcher-of-{'all' if cluster == '*' else cluster}"
        parameters = {"ClusterName": cluster, "TableName": self.deployed.outputs["TableName"]}
        cloudformation = self.stack.client("cloudformation")
        cloudformation.create_stack(
            StackName=stack,
            TemplateBody=WATCHER_ROLE.read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        (made,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        return str(next(output["OutputValue"] for output in made["Outputs"] if output["OutputKey"] == "RoleArn"))

    def as_role(self, role: str) -> dict[str, str]:
        """Return the environment of a process that has a role, as EKS Pod Identity would give it to a watcher."""
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.stack.client("iam").update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=policy)
        given = self.stack.client("sts").assume_role(RoleArn=role, RoleSessionName="watcher")["Credentials"]
        return {
            **self.stack.environment(),
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
            "FARGATECOUNT_TABLE": self.deployed.outputs["TableName"],
        }


@contextmanager
def watching(environment: Mapping[str, str], log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m watcher`; it is killed at the end, if it still runs."""
    command = [sys.executable, "-m", "watcher", *(arguments or ("--all",)), "--listen", "127.0.0.1:0"]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=CHECKOUT, env={"PATH": os.environ["PATH"], **environment}, stdout=output, stderr=output)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(STOP_SECONDS)


def run_pods(driver: PodDriver, *names: str) -> None:
    """Let pods run."""
    for name in names:
        driver.create(name)
        driver.bind(name)
        driver.run(name)
