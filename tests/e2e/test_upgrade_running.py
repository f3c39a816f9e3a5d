"""From the code of 0.1.0 to this checkout and back, while tasks start and stop: never a wrong number, and no alarm is lost."""

from __future__ import annotations

import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from fargatecount.ledger.verify import VerifyResult
from local.process import CHECKOUT
from local.stack import Stack
from local.traffic import Life, lives, put
from tests.e2e.deployment import Deployed
from tests.e2e.test_upgrade import physical_ids
from tests.support.deadline import eventually
from tests.support.expected_counts import expected

OLD = "13dfed7"
"""The last commit of 0.1.0."""
CLUSTERS = ("web", "batch")
CRITICAL = "fargatecount-local-critical-on-demand"


@pytest.fixture(scope="module")
def old_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkout of 0.1.0."""
    folder = tmp_path_factory.mktemp("release") / "fargatecount"
    archive = subprocess.run(["git", "archive", OLD], cwd=CHECKOUT, capture_output=True, check=False)
    if archive.returncode != 0:
        pytest.skip(f"commit {OLD} is not in this clone: git fetch --unshallow")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    (folder / "node_modules").symlink_to(CHECKOUT / "node_modules")
    return folder


class Traffic:
    """Tasks of the account: a burst each round, of which a part stops again."""

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed
        self._stop = threading.Event()
        self.tasks: list[Life] = []
        self.findings: set[VerifyResult] = set()

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Send and verify until the block ends."""
        threads = [threading.Thread(target=work) for work in (self._send, self._verify)]
        self._stop.clear()
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def send(self, number: int, **options: Any) -> None:
        """Send the events of so many tasks."""
        fresh = lives(number, clusters=CLUSTERS, seed=len(self.tasks) + 1, **options)
        put(self._deployed.stack.client("events"), [entry for life in fresh for entry in self._deployed.entries(life)])
        self.tasks += fresh

    def is_counted(self, cluster: str) -> bool:
        """Say whether everything that was sent is counted; what it costs is not compared, because 0.1.0 does not count it."""
        return self._deployed.counts(cluster).cells == expected(life for life in self.tasks if life.cluster == cluster).cells

    def _send(self) -> None:
        while not self._stop.wait(0.5):
            self.send(6, states=("PENDING", "RUNNING"), stop_share=0.4)

    def _verify(self) -> None:
        while not self._stop.wait(1.0):
            self.findings |= {finding.verdict for finding in self._deployed.verify(*CLUSTERS)}


def test_an_upgrade_and_the_way_back_lose_no_event_and_no_alarm(tmp_path: Path, old_checkout: Path) -> None:
    """Rows, counters, a report and an alarm of 0.1.0 live on in this version and back in 0.1.0; a recount never differs meanwhile."""
    with Stack(tmp_path / "aws") as stack:
        stack.deploy(old_checkout)
        deployed = Deployed(stack)
        assert deployed.outputs["Version"] == "0.1.0"
        stack.client("s3").put_object(Bucket=deployed.outputs["ReportsBucket"], Key="reports/kept", Body=b"{}")
        made = physical_ids(stack)
        # The reconciler finds none of these tasks in ECS, and rightly removes them.
        with deployed.unreconciled():
            traffic = Traffic(deployed)
            traffic.send(40, states=("RUNNING",))
            eventually(lambda: all(map(traffic.is_counted, CLUSTERS)), "0.1.0 counts", within=60)
            set_off(stack)
            rang = len(history(stack))
            for service in (CHECKOUT, old_checkout):
                with traffic.flowing():
                    stack.deploy(service)
                    assert physical_ids(stack).items() >= made.items()
                # A batch whose function is replaced in the middle of it comes again once the queue's visibility timeout is over.
                eventually(lambda: all(map(traffic.is_counted, CLUSTERS)), "every event is counted", within=300)
                assert history(stack)[-rang:], "the alarm still knows that it rang"
                assert len(history(stack)) >= rang
                assert alarm(stack)["AlarmActions"] == alarm(stack)["OKActions"] == [made["PagingTopic"]]
            assert traffic.findings <= {VerifyResult.EQUAL, VerifyResult.UNDECIDED}
            assert VerifyResult.EQUAL in traffic.findings
        letters = stack.client("sqs").get_queue_attributes(
            QueueUrl=deployed.outputs["DeadLettersUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        assert letters["Attributes"]["ApproximateNumberOfMessages"] == "0"
        assert stack.client("s3").get_object(Bucket=deployed.outputs["ReportsBucket"], Key="reports/kept")["Body"].read() == b"{}"


def set_off(stack: Stack) -> None:
    """Bring the critical alarm into ALARM, as a breach does."""
    stack.client("cloudwatch").set_alarm_state(AlarmName=CRITICAL, StateValue="ALARM", StateReason="a test")
    eventually(lambda: history(stack), "the alarm rang", within=30)


def alarm(stack: Stack) -> dict[str, Any]:
    """Return the critical alarm."""
    (found,) = stack.client("cloudwatch").describe_alarms(AlarmNames=[CRITICAL])["MetricAlarms"]
    return dict(found)


def history(stack: Stack) -> list[dict[str, Any]]:
    """Return its changes of state."""
    answer = stack.client("cloudwatch").describe_alarm_history(AlarmName=CRITICAL, HistoryItemType="StateUpdate")
    return [dict(one) for one in answer["AlarmHistoryItems"]]
