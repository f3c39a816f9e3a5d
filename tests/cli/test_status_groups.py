"""`fargatecount status --by`, `--sort` and `--top`, and the end of `-w`."""

from __future__ import annotations

import csv
import io
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest

from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.workload import Capacity
from tests.cli.conftest import Answer
from tests.support.builders import BATCH, SCOPE, WEB
from tests.support.deployed import Deployed

Run = Callable[..., Answer]


@pytest.fixture(scope="module")
def shop(shared: Deployed) -> Deployed:
    """Two services in one cluster, one of them half on Spot, and a batch in another."""
    now = shared.clock.now()
    for number in range(4):
        spot = {"capacityProviderName": "FARGATE_SPOT"} if number % 2 else {}
        shared.deliver(shared.ecs.run(f"f{number}", WEB, group="service:front", cpu="1024", memory="2048", **spot))
    shared.deliver(shared.ecs.run("a1", WEB, group="service:api", cpu="512", memory="1024"))
    shared.deliver(shared.ecs.run("b1", BATCH, group="family:nightly", cpu="4096", memory="8192"))
    for cluster in (WEB, BATCH):
        shared.ledger.note(cluster, RECONCILER, Readability(readable=True, at=now, listed_at=now))
    values = {Capacity.ON_DEMAND: 10.0, Capacity.SPOT: 8.0}
    DynamoQuotas(shared.ledger.items).keep(
        SCOPE, [Quota(capacity=capacity, value=value, source=Origin.APPLIED, read_at=now) for capacity, value in values.items()]
    )
    return shared


@pytest.mark.usefixtures("shop")
def test_services_are_shown_on_request_with_their_share_of_each_quota(fargatecount: Run) -> None:
    """On demand and Spot apart: 2 of 10 vCPU and 2 of 8."""
    (scope,) = fargatecount("status", "--by", "service", "--json").json["scopes"]
    assert [(each["group"], each["vcpu"], each["quota_percent"], each["spot_quota_percent"]) for each in scope["groups"]] == [
        ("service:front", 4.0, 20.0, 25.0),
        ("family:nightly", 4.0, 40.0, 0.0),
        ("service:api", 0.5, 5.0, 0.0),
    ]
    (line,) = [line for line in fargatecount("status", "--by", "service", columns=140).out.splitlines() if "service:front" in line]
    assert line.split()[1:7] == ["4", "4", "4", "20", "%", "8"]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("by", "names"), [("cluster", {"ECS-web": 4.5, "ECS-batch": 4.0}), ("owner", {"?": 8.5})])
def test_clusters_and_owners_are_groups_too(fargatecount: Run, by: str, names: dict[str, float]) -> None:
    """An owner that was never read is `?`, which is not the same as none."""
    rows = csv.DictReader(io.StringIO(fargatecount("status", "--by", by, "-o", "csv").out))
    assert {row["group"]: float(row["vcpu"]) for row in rows} == names


@pytest.mark.usefixtures("shop")
def test_rows_are_sorted_and_cut_on_request(fargatecount: Run) -> None:
    """The largest first, and the total stays that of all; names in their order."""

    def clusters(*words: str) -> list[str]:
        return [row["cluster"] for row in csv.DictReader(io.StringIO(fargatecount("status", "-o", "csv", *words).out))]

    assert clusters("--sort", "running") == ["ECS-web", "ECS-batch"]
    assert clusters("--sort", "name") == ["ECS-batch", "ECS-web"]
    assert clusters("--sort", "running", "--top", "1") == ["ECS-web"]
    shown = fargatecount("status", "--sort", "running", "--top", "1", columns=100).out
    assert "ECS-batch" not in shown
    assert next(line.split()[2] for line in shown.splitlines() if line.startswith(" total")) == "≥6"  # no full list of clusters yet
    assert "The largest 1 of 3 services" in fargatecount("status", "--by", "service", "--top", "1", columns=140).out


@pytest.mark.parametrize(
    ("words", "text"), [(["-w", "--by", "service"], "fargatecount top"), (["--organization", "--top", "3"], "leave out --organization")]
)
def test_what_does_not_go_together_is_named(fargatecount: Run, words: list[str], text: str) -> None:
    """With exit code 2."""
    answer = fargatecount("status", *words)
    assert (answer.code, text in answer.err) == (2, True)


WATCH = """
import os, sys
from fargatecount.cli.live import live
from fargatecount.cli.termination import prepare
prepare()
live(lambda size: f"drawn for {size.columns}", lambda seconds: None)
print("left")
"""


@pytest.mark.parametrize("term", ["xterm", "dumb"])
@pytest.mark.parametrize(("end", "code"), [("q", 0), ("ctrl-c", 0), ("kill", -signal.SIGTERM)])
def test_a_watch_is_left_by_q_or_ctrl_c(term: str, end: str, code: int) -> None:
    """In a real terminal, with a screen or without: both are its usual end, and only a signal from outside is none."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", WATCH],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TERM": term},
    ) as process:
        os.close(theirs)
        seen = ""
        while "drawn for" not in seen:
            assert select.select([ours], [], [], 20)[0], f"nothing is drawn: {seen!r}"
            seen += os.read(ours, 4096).decode(errors="replace")
        if end == "q":
            os.write(ours, b"q")
        else:
            process.send_signal(signal.SIGINT if end == "ctrl-c" else signal.SIGTERM)
        found = process.wait(timeout=20)
    rest = ""
    with suppress(OSError):  # a terminal whose other end is closed has nothing more to read
        rest = os.read(ours, 65_536).decode(errors="replace")
    os.close(ours)
    assert ("left" in rest) == (code == 0)
    assert (found == 0) == (code == 0)
