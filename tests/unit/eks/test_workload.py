"""What a pod's object means: on Fargate or not, phase, facts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.eks.pod import Pod
from fargatecount.eks.workload import observe, observe_gone, phase_of, why_waiting
from fargatecount.errors import MalformedError
from fargatecount.workload import Capacity, Facts, Observation, Phase, SourceRank
from tests.support.builders import NOW, PODS
from tests.support.pods import ENDED, NODE, RUNS, WAITS, pod, waiting

EPOCH = 1_700_000_000


def observed(given: Pod, source: SourceRank = SourceRank.API) -> Observation | None:
    return observe(given, PODS, epoch=EPOCH, source=source, at=NOW)


@pytest.mark.parametrize(
    ("changes", "on_fargate"),
    [
        pytest.param({}, True, id="scheduler and node of Fargate"),
        pytest.param({"labels": {}}, True, id="no profile label: a webhook of the user set the scheduler"),
        pytest.param({"scheduler": "default-scheduler", "node": "ip-10-0-1-2.ec2.internal"}, False, id="a pod on EC2"),
        pytest.param({"scheduler": "default-scheduler", "node": None}, False, id="only the label, which users can write"),
        pytest.param({"node": "ip-10-0-1-2.ec2.internal"}, False, id="put on an EC2 node by hand"),
        pytest.param({"node": None}, True, id="not yet on a node"),
    ],
)
def test_recognition(changes: dict[str, Any], on_fargate: bool) -> None:
    """A pod is on Fargate by its scheduler, unless its node is of another kind."""
    assert (observed(pod(**changes)) is not None) is on_fargate


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        pytest.param({"node": None, "phase": "Pending", "states": ()}, Phase.WAITING, id="no node"),
        pytest.param({"node": None, "phase": "Pending", "states": (), "deleting": True}, Phase.WAITING, id="deleted before it had a node"),
        pytest.param({"node": None, "phase": "Failed", "states": ()}, Phase.WAITING, id="failed before it had a node"),
        pytest.param({"phase": "Pending", "states": ()}, Phase.PENDING, id="node, no status of containers"),
        pytest.param({"phase": "Pending", "states": (WAITS,)}, Phase.PENDING, id="image is pulled"),
        pytest.param({"phase": "Running", "states": (WAITS,)}, Phase.PENDING, id="crash loop between two tries"),
        pytest.param({"phase": "Running", "states": (RUNS,)}, Phase.RUNNING, id="one container runs"),
        pytest.param({"phase": "Running", "states": (ENDED, RUNS)}, Phase.RUNNING, id="one of two runs"),
        pytest.param({"phase": "Running", "states": ()}, Phase.RUNNING, id="kubelet reports running, and no more"),
        pytest.param({"phase": "Unknown", "states": (RUNS,)}, Phase.RUNNING, id="node out of touch, container last seen running"),
        pytest.param({"phase": "Unknown", "states": ()}, Phase.PENDING, id="node out of touch, nothing known"),
        pytest.param({"phase": "Hibernated", "states": (RUNS,)}, Phase.RUNNING, id="phase of a later Kubernetes"),
        pytest.param({"phase": "Succeeded", "states": (ENDED,)}, Phase.COMPLETED, id="finished job keeps its node"),
        pytest.param({"phase": "Failed", "states": (ENDED,)}, Phase.COMPLETED, id="failed job keeps its node"),
        pytest.param({"phase": "Running", "deleting": True}, Phase.STOPPING, id="being deleted"),
        pytest.param({"phase": "Succeeded", "deleting": True}, Phase.STOPPING, id="finished, being deleted"),
    ],
)
def test_phases(changes: dict[str, Any], phase: Phase) -> None:
    """The phase follows from node, deletion mark, pod phase, containers: the first that applies."""
    assert phase_of(pod(**changes)) is phase


def test_pod_with_two_containers_is_one_workload() -> None:
    """However many containers a pod has, it is one observation under its uid."""
    seen = observed(pod(uid="u1", states=(RUNS, RUNS), requests=({}, {})))
    assert seen is not None
    assert (seen.workload_id, seen.phase) == ("u1", Phase.RUNNING)


def test_same_name_with_new_uid_is_another_workload() -> None:
    """A StatefulSet's pod that is recreated under its name is another workload."""
    before, after = observed(pod("db-0", uid="u1")), observed(pod("db-0", uid="u2"))
    assert before is not None
    assert after is not None
    assert before.workload_id != after.workload_id


def test_observation_carries_version_epoch_and_source() -> None:
    """The order of an observation is the pod's resourceVersion within the cluster's epoch."""
    assert observed(pod(uid="u1", version=4711), SourceRank.EVENT) == Observation(
        cluster=PODS,
        workload_id="u1",
        version=4711,
        source=SourceRank.EVENT,
        phase=Phase.RUNNING,
        observed_at=NOW,
        epoch=EPOCH,
        facts=Facts(
            cpu=256,
            memory=512,
            capacity=Capacity.ON_DEMAND,
            group="shop/web-1",
            profile="fp",
            architecture="x86_64",
            created_at=NOW,
            started_at=NOW + 30_000,
            ready_at=NOW + 40_000,
        ),
    )


@pytest.mark.parametrize("version", ["v10", "", "-1", "1.5", "٣", "9" * 40])
def test_version_that_is_no_number_is_malformed(version: str) -> None:
    """A resourceVersion that cannot be ordered, or stored, is refused rather than guessed."""
    odd = pod()
    odd = msgspec.structs.replace(odd, metadata=msgspec.structs.replace(odd.metadata, resource_version=version))
    with pytest.raises(MalformedError, match=f"'{version}' is not a decimal number"):
        observed(odd)


def test_deleted_pod_is_gone_wherever_it_was() -> None:
    """A deletion ends the row even if the pod was meanwhile put on another kind of node."""
    assert observe_gone(pod(node="ip-10-0-1-2.ec2.internal", version=12), PODS, epoch=EPOCH, at=NOW).phase is Phase.GONE


@pytest.mark.parametrize(
    ("size", "requests", "expected"),
    [
        pytest.param("1vCPU 3GB", {"cpu": "4", "memory": "8Gi"}, (1024, 3072), id="the annotation replaces the requests"),
        pytest.param(None, {"cpu": "1", "memory": "8Gi"}, (2048, 9216), id="no annotation yet: the rule"),
        pytest.param("plenty", {"cpu": "500m"}, (512, 1024), id="malformed: the rule"),
        pytest.param("1..5vCPU 2GB", {}, (256, 512), id="malformed number: the rule"),
        pytest.param("512vCPU 1GB", {}, (256, 512), id="beyond anything that can be bought: the rule"),
        pytest.param(None, {"cpu": "64"}, (None, None), id="requests more than there is: no size"),
        pytest.param(None, {"cpu": "a lot"}, (None, None), id="request that is no quantity: no size"),
    ],
)
def test_size(size: str | None, requests: dict[str, str], expected: tuple[int | None, int | None]) -> None:
    """The billed size is the annotation's, else the sizing rule's, else unknown; none of them stops the count."""
    seen = observed(pod(size=size, requests=(requests,)))
    assert seen is not None
    assert (seen.facts.cpu, seen.facts.memory) == expected


@pytest.mark.parametrize(
    ("requests", "storage"),
    [
        pytest.param(({},), None, id="requests none: the free 20 GiB"),
        pytest.param(({"ephemeral-storage": "0"},), None, id="requests zero"),
        pytest.param(({"ephemeral-storage": "10Gi"},), 20, id="below the free 20 GiB with its 10 % and 5 GiB"),
        pytest.param(({"ephemeral-storage": "100Gi"},), 115, id="10 % and 5 GiB more"),
        pytest.param(({"ephemeral-storage": "50Gi"}, {"ephemeral-storage": "50Gi"}), 115, id="AWS's own example"),
        pytest.param(({"ephemeral-storage": "100G"},), 108, id="decimal, rounded up"),
        pytest.param(({"ephemeral-storage": "175Gi"},), 198, id="the most that can be requested"),
        pytest.param(({"ephemeral-storage": "175.1Gi"},), None, id="more than can be requested"),
        pytest.param(({"ephemeral-storage": "1e200"},), None, id="far more"),
        pytest.param(({"ephemeral-storage": "9" * 45 + "E"},), None, id="45 nines and E"),
    ],
)
def test_storage(requests: tuple[dict[str, str], ...], storage: int | None) -> None:
    """Ephemeral storage is the requests, 10 % and 5 GiB, at least 20 GiB; None if none is requested or the amount is not sold."""
    seen = observed(pod(requests=requests))
    assert seen is not None
    assert seen.facts.storage == storage


def test_refusal_of_fargate_is_read() -> None:
    """The condition PodScheduled gives the reason why a pod waits."""
    refused = waiting(
        conditions=(
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "POD_UNSUPPORTED_ON_FARGATE",
                "message": "Pod not supported on Fargate: fields not supported: HostNetwork",
            },
        )
    )
    assert why_waiting(refused) == "POD_UNSUPPORTED_ON_FARGATE: Pod not supported on Fargate: fields not supported: HostNetwork"
    assert why_waiting(waiting()) is None


def test_gated_pod_is_not_refused() -> None:
    """A pod that its own scheduling gates hold back waits without a refusal."""
    gated = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "message": "Scheduling is blocked"}
    assert why_waiting(waiting(conditions=(gated,))) is None


@pytest.mark.parametrize("size", ["16vCPU 120GB", "1vCPU 2GB"])
def test_annotation_counts_only_with_a_node(size: str) -> None:
    """A size that a user wrote is ignored while the pod waits; the same annotation on a node is Fargate's."""
    before, after = observed(waiting(size=size)), observed(pod(size=size))
    assert before is not None
    assert after is not None
    assert (before.facts.cpu, before.facts.memory) == (256, 512)
    assert f"{(after.facts.cpu or 0) // 1024}vCPU {(after.facts.memory or 0) // 1024}GB" == size


@pytest.mark.parametrize("uid", ["", "u" * 129, "u\n", "ü"])
def test_unusable_uid_is_malformed(uid: str) -> None:
    """A uid that cannot be a key of a row is refused, with the pod's name."""
    odd = pod("web-1")
    odd = msgspec.structs.replace(odd, metadata=msgspec.structs.replace(odd.metadata, uid=uid))
    with pytest.raises(MalformedError, match="shop/web-1 has no usable uid"):
        observed(odd)


TEXT = st.text(max_size=40) | st.sampled_from(["9" * 45 + "E", "1e20000000", "x" * 450_000, "\x1b[2J", "\n", "1e400", "-1"])


@given(st.lists(TEXT, min_size=8, max_size=8), st.booleans())
def test_whatever_users_write_fits_the_table(texts: list[str], has_node: bool) -> None:
    """An observation has at most 4 KB, printable texts and numbers of at most 19 digits, whatever the object contains."""
    owner, namespace, label, annotation, message, *amounts = texts
    odd = pod(
        namespace=namespace,
        owners=({"kind": "ReplicaSet", "name": owner},),
        labels={"eks.amazonaws.com/fargate-profile": label, "pod-template-hash": label},
        size=annotation,
        requests=(dict(zip(("cpu", "memory", "ephemeral-storage"), amounts, strict=True)),),
        conditions=({"type": "PodScheduled", "status": "False", "reason": message, "message": message},),
        node=NODE if has_node else None,
    )
    seen = observed(odd)
    assert seen is not None
    assert len(msgspec.json.encode(seen)) < 4096
    values = [value for _, value in seen.facts.items()]
    assert all(value.isprintable() for value in values if isinstance(value, str))
    assert all(0 <= value < 2**63 for value in values if isinstance(value, int))
    assert len((why_waiting(odd) or "").encode()) < 4096


def test_nulls_of_the_api_are_read_as_nothing() -> None:
    """A pod with null in its optional parts is decoded and counted."""
    text = (
        '{"metadata": {"name": "p", "namespace": "n", "uid": "u", "resourceVersion": "7", "creationTimestamp": null, "labels": null,'
        ' "annotations": null, "ownerReferences": null}, "spec": {"schedulerName": "fargate-scheduler", "containers": null,'
        ' "initContainers": null}, "status": {"phase": "Pending", "containerStatuses": null, "conditions": null}}'
    )
    seen = observed(msgspec.json.decode(text, type=Pod))
    assert seen is not None
    assert (seen.phase, seen.facts.group, seen.facts.cpu) == (Phase.WAITING, "n/p", 256)
