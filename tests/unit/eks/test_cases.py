"""Pods from public bug reports of other tools and from fuzzing, each with the right answer and its source."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.eks.decode import decode_pod
from fargatecount.eks.pod import Pod
from fargatecount.eks.refusals import refused_pod
from fargatecount.eks.workload import observe
from fargatecount.ledger.record import record
from fargatecount.ledger.row import MergeOutcome
from fargatecount.usage.prices import FREE_STORAGE
from fargatecount.workload import Observation, Phase, SourceRank
from tests.support.builders import NOW, PODS
from tests.support.fakes import FakeClock
from tests.support.pods import pod as built

CASES = Path(__file__).parents[2] / "cases" / "pods"


def case(name: str) -> Pod:
    return decode_pod((CASES / f"{name}.json").read_bytes())


def observed(pod: Pod) -> Observation:
    seen = observe(pod, PODS, epoch=1, source=SourceRank.API, at=NOW)
    assert seen is not None
    return seen


@pytest.mark.parametrize(
    ("name", "right"),
    [
        # AWS's own example: https://aws.amazon.com/blogs/containers/amazon-eks-fargate-adds-support-for-larger-ephemeral-volumes/.
        ("eks-ephemeral-storage-two-containers", {"storage": 115}),
        # Capped at 2^63-1, which no Fargate size has: https://github.com/kubernetes/kubernetes/pull/131063.
        ("quantity-huge-exponent", {"cpu": None, "memory": None}),
        # 129e6 and 128974848000m bytes: https://github.com/DataDog/integrations-core/pull/17280.
        ("quantity-exponent-and-milli-bytes", {"cpu": 1024, "memory": 2048}),
        # https://github.com/argoproj/argo-rollouts/issues/219
        ("argo-rollouts-owner", {"group": "lab/checkout"}),
        # 6 GiB for the pod as a whole: https://github.com/kai-scheduler/KAI-Scheduler/issues/1894.
        ("pod-level-resources", {"cpu": 2048, "memory": 7168}),
        # Written by a user, before Fargate provisioned anything: https://github.com/aws/containers-roadmap/issues/1309.
        ("annotation-by-hand-on-waiting-pod", {"cpu": 256, "memory": 512}),
        # All sidecars and containers together: https://github.com/gimlet-io/onechart/pull/150.
        ("native-sidecar-sum", {"cpu": 2048, "memory": 4096}),
        # Requests size the pod, not limits: https://github.com/awsdocs/amazon-eks-user-guide/issues/677.
        ("limits-above-requests", {"cpu": 1024, "memory": 5120}),
        # The spec was changed in place after provisioning; the bill was not.
        ("resized-in-place", {"cpu": 256, "memory": 512}),
        # Beyond 175 GiB, and beyond the 38 digits of DynamoDB.
        ("storage-beyond-the-table", {"storage": None}),
    ],
)
def test_facts(name: str, right: dict[str, Any]) -> None:
    """Each pod has the size, storage and group that AWS and Kubernetes document, within a second."""
    began = perf_counter()
    facts = observed(case(name)).facts
    assert {key: getattr(facts, key) for key in right} == right
    assert perf_counter() - began < 1


def test_storage_is_billed_less_the_free_part() -> None:
    """Of AWS's example of 115 GiB, 95 are billed."""
    storage = observed(case("eks-ephemeral-storage-two-containers")).facts.storage
    assert storage is not None
    assert storage - FREE_STORAGE == 95


@pytest.mark.parametrize(("name", "phase"), [("annotation-by-hand-on-waiting-pod", Phase.WAITING), ("resized-in-place", Phase.RUNNING)])
def test_phase(name: str, phase: Phase) -> None:
    """The phase follows from the node and the containers, whatever the annotation says."""
    assert observed(case(name)).phase is phase


def test_provisioning_that_timed_out_is_a_refusal_without_shortage() -> None:
    """A pod whose provisioning timed out is reported, and not taken for a full quota."""
    refusal = refused_pod(case("provisioning-timed-out"), PODS, NOW)
    assert refusal is not None
    assert refusal.is_shortage is False


@pytest.mark.parametrize("name", ["quantity-huge-exponent", "storage-beyond-the-table"])
def test_odd_pod_does_not_stop_the_others(name: str) -> None:
    """A pod with an absurd quantity and a good pod in one call are both recorded."""
    outcomes = record([observed(case(name)), observed(built("good"))], MemoryLedger(), FakeClock()).outcomes
    assert outcomes == (MergeOutcome.APPLIED, MergeOutcome.APPLIED)
