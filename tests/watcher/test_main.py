"""`python -m watcher` as a whole: the real wiring, an AWS in this process, a simulated API server, signals."""

from __future__ import annotations

import base64
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
import yaml
from moto import mock_aws
from moto.eks.models import eks_backends

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.errors import MisconfiguredError
from fargatecount.ledger.clusters import WATCHER
from fargatecount.ledger.store import Bucket
from fargatecount.workload import Cluster, Kind, Phase, Scope
from tests.kube.control_plane import GROUP, SimulatedPlane, simulated
from tests.support.deadline import eventually
from tests.support.tables import REGION, create_table
from watcher.__main__ import main

ACCOUNT = "123456789012"
KEY = "test"


class Aws:
    """An account with EKS clusters, each a simulated API server, and a ledger."""

    def __init__(self) -> None:
        self.eks = boto3.client("eks", REGION)
        self.table = create_table(boto3.client("dynamodb", REGION))
        self.ledger = DynamoLedger(self.table, REGION)

    def add(self, plane: SimulatedPlane, *, profile: bool = True) -> Cluster:
        """Create an EKS cluster whose API server is the simulated one."""
        name, role = plane.api.name, f"arn:aws:iam::{ACCOUNT}:role/eks"
        self.eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig={"subnetIds": ["subnet-1"]})
        made = eks_backends[ACCOUNT][REGION].clusters[name]
        made.endpoint = plane.api.host
        made.certificate_authority = {"data": base64.b64encode(plane.api.ca.encode()).decode()}
        if profile:
            self.eks.create_fargate_profile(
                clusterName=name, fargateProfileName="fp", podExecutionRoleArn=role, selectors=[{"namespace": "default"}]
            )
        return Cluster(Scope(ACCOUNT, REGION), Kind.EKS, name)

    def running(self, cluster: Cluster) -> int:
        """Return the number of running pods of the cluster, by the counters."""
        buckets = [Bucket(cluster, number) for number in range(self.ledger.buckets)]
        try:
            counters = self.ledger.read_counters(buckets)
        except MisconfiguredError:  # moto shows other threads an item that a transaction has made and not filled yet; DynamoDB never does
            return -1
        return sum(counter.counts.tally(phases=(Phase.RUNNING,)).count for counter in counters)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An account whose credentials are the only ones of this process."""
    settings = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws(config={"core": {"mock_credentials": False}}):
        account = Aws()
        monkeypatch.setenv("FARGATECOUNT_TABLE", account.table)
        yield account


@pytest.fixture
def plane() -> Iterator[SimulatedPlane]:
    """A cluster `web` with one running pod, which the account's identity may read."""
    with simulated("web") as made:
        made.api.cluster.tokens.enter(KEY, frozenset({GROUP}))
        run_pod(made, "a")
        yield made


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    """Restore the log of the process."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    root.handlers = before


def run_pod(plane: SimulatedPlane, name: str) -> None:
    plane.driver.create(name)
    plane.driver.bind(name)
    plane.driver.run(name)


def watch_until(check: Callable[[], object], *arguments: str) -> int:
    """Run the watcher until `check` holds, send the stop signal, and return the exit code."""
    failures: list[BaseException] = []
    over, deciding = threading.Event(), threading.Lock()

    def wait_and_stop() -> None:
        try:
            # `check` may hold from the start, and a signal before the watcher listens ends the test run.
            eventually(lambda: over.is_set() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL, "the watcher listens", 60)
            eventually(lambda: over.is_set() or check(), "what the test waits for", 60)
        except BaseException as failure:  # noqa: BLE001 - raised below, in the test's own thread
            failures.append(failure)
        with deciding:
            # A watcher that has ended by itself no longer listens, and the signal then ends the test run.
            if not over.is_set():
                os.kill(os.getpid(), signal.SIGTERM)

    waiting = threading.Thread(target=wait_and_stop, daemon=True)
    waiting.start()
    code = main([*arguments, "--listen", "127.0.0.1:0"])
    with deciding:
        over.set()
    waiting.join(65)
    if failures:
        raise failures[0]
    return code


def test_cluster_is_counted_until_the_stop_signal(aws: Aws, plane: SimulatedPlane) -> None:
    """Given only a name, the watcher finds the cluster, logs in, counts, and ends with 0 and a heartbeat."""
    web = aws.add(plane)
    assert watch_until(lambda: aws.running(web) == 1, "--cluster", "web") == 0
    (state,) = aws.ledger.clusters(web.scope)
    assert state.sources[WATCHER].readable
    assert state.epoch == int(aws.eks.describe_cluster(name="web")["cluster"]["createdAt"].timestamp())


def test_all_clusters_with_a_profile(aws: Aws, plane: SimulatedPlane) -> None:
    """--all counts every cluster that can have pods on Fargate, and does not read the others."""
    with simulated("api") as api, simulated("nodes") as nodes:
        for other in (api, nodes):
            other.api.cluster.tokens.enter(KEY, frozenset({GROUP}))
            run_pod(other, "b")
        web, also, without = aws.add(plane), aws.add(api), aws.add(nodes, profile=False)
        assert watch_until(lambda: (aws.running(web), aws.running(also)) == (1, 1), "--all") == 0
        assert aws.running(without) == 0


def test_stop_signal_writes_received_changes(aws: Aws, plane: SimulatedPlane) -> None:
    """Pods that start right before SIGTERM are in the ledger when the process has ended, or after the next start."""
    web = aws.add(plane)

    def one_then_more() -> bool:
        if aws.running(web) != 1:
            return False
        for number in range(5):
            run_pod(plane, f"late-{number}")
        return True

    assert watch_until(one_then_more, "--cluster", "web") == 0
    assert watch_until(lambda: aws.running(web) == 6, "--cluster", "web") == 0


def kubeconfig(path: Path, plane: SimulatedPlane, token: str) -> str:
    path.write_text(
        yaml.safe_dump(
            {
                "current-context": "c",
                "clusters": [
                    {
                        "name": "c",
                        "cluster": {
                            "server": plane.api.host,
                            "certificate-authority-data": base64.b64encode(plane.api.ca.encode()).decode(),
                        },
                    }
                ],
                "users": [{"name": "u", "user": {"token": token}}],
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            }
        )
    )
    return str(path)


def test_kubeconfig_leads_into_the_cluster(aws: Aws, plane: SimulatedPlane, tmp_path: Path) -> None:
    """A kubeconfig of the named cluster works as well as its endpoint."""
    web = aws.add(plane)
    file = kubeconfig(tmp_path / "config", plane, plane.api.admin_token)
    assert watch_until(lambda: aws.running(web) == 1, "--cluster", "web", "--kubeconfig", file) == 0


def test_kubeconfig_of_another_cluster_is_refused(
    aws: Aws, plane: SimulatedPlane, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong context ends with 2 before anything is counted."""
    web = aws.add(plane)
    with simulated("api") as api:
        file = kubeconfig(tmp_path / "config", api, api.api.admin_token)
        assert main(["--cluster", "web", "--kubeconfig", file, "--listen", "127.0.0.1:0"]) == 2
    assert "EKS cluster web is at" in capsys.readouterr().err
    assert aws.running(web) == 0


def test_unknown_cluster(aws: Aws, plane: SimulatedPlane, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown cluster name ends with 2 and the known names."""
    aws.add(plane)
    assert main(["--cluster", "wbe", "--listen", "127.0.0.1:0"]) == 2
    assert "there is no EKS cluster 'wbe'" in (said := capsys.readouterr().err)
    assert "there are: web" in said


@pytest.mark.usefixtures("aws")
def test_kubeconfig_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """A missing kubeconfig ends with an error that names it."""
    assert main(["--cluster", "web", "--kubeconfig", "absent", "--listen", "127.0.0.1:0"]) == 2
    assert "error: " in (said := capsys.readouterr().err)
    assert "remedy: " in said


def test_no_credentials(aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without credentials the watcher ends with 3 and a remedy."""
    assert aws.table
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert main(["--all", "--listen", "127.0.0.1:0"]) == 3
    assert "remedy: set AWS_PROFILE" in capsys.readouterr().err


@pytest.mark.usefixtures("aws")
def test_buckets_that_are_no_number(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad setting ends with 2 and its name."""
    monkeypatch.setenv("FARGATECOUNT_BUCKETS", "many")
    assert main(["--all", "--listen", "127.0.0.1:0"]) == 2
    assert "FARGATECOUNT_BUCKETS is 'many'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--cluster", "web", "--all"],
        ["--all", "--kubeconfig", "f"],
        ["--all", "--in-cluster"],
        ["--cluster", "web", "--kubeconfig", "f", "--in-cluster"],
        ["--cluster", "web", "--in-cluster", "--context", "c"],
        ["--cluster", "web", "--listen", "8080"],
    ],
)
def test_wrong_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Options that contradict each other are refused with 2 and the usage."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m watcher" in capsys.readouterr().err


def test_port_that_is_taken(aws: Aws, plane: SimulatedPlane, capsys: pytest.CaptureFixture[str]) -> None:
    """A health port that is in use ends with 2."""
    aws.add(plane)
    taken = plane.api.host.rpartition(":")[2]
    assert main(["--all", "--listen", f"127.0.0.1:{taken}"]) == 2
    assert "choose another --listen" in capsys.readouterr().err
