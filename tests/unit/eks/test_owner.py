"""The lasting name of a pod's owner."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.eks.owner import owner_of
from fargatecount.eks.text import MAX_NAME
from tests.support.pods import pod


def owned(kind: str, name: str) -> tuple[dict[str, Any], ...]:
    return ({"kind": kind, "name": name, "controller": True},)


@pytest.mark.parametrize(
    ("owners", "labels", "owner"),
    [
        pytest.param((), {}, "web-1", id="bare pod"),
        pytest.param(owned("ReplicaSet", "web-6c56f"), {"pod-template-hash": "6c56f"}, "web", id="Deployment"),
        pytest.param(owned("ReplicaSet", "web"), {}, "web", id="ReplicaSet without a controller"),
        pytest.param(owned("ReplicaSet", "web-6c56f"), {"rollouts-pod-template-hash": "6c56f"}, "web", id="Argo Rollout"),
        pytest.param(
            owned("ReplicaSet", "web-00042-deployment-6c56f"),
            {"pod-template-hash": "6c56f", "serving.knative.dev/service": "web"},
            "web",
            id="Knative service",
        ),
        pytest.param(owned("StatefulSet", "db"), {}, "db", id="StatefulSet"),
        pytest.param(owned("StatefulSet", "llm-0"), {"leaderworkerset.sigs.k8s.io/name": "llm"}, "llm", id="LeaderWorkerSet"),
        pytest.param(owned("DaemonSet", "agent"), {}, "agent", id="DaemonSet"),
        pytest.param(owned("Job", "import"), {}, "import", id="Job"),
        pytest.param(owned("Job", "backup-29453760"), {}, "backup", id="CronJob"),
        pytest.param(owned("Job", "report-20260301"), {}, "report-20260301", id="Job named by a date"),
        pytest.param(owned("Job", "import-x7k2p"), {}, "import", id="Job with a generated name"),
        pytest.param(owned("Job", "train-workers-0"), {"jobset.sigs.k8s.io/jobset-name": "train"}, "train", id="JobSet"),
        pytest.param(owned("Job", "consumer-zx9wq"), {"scaledjob.keda.sh/name": "consumer"}, "consumer", id="KEDA ScaledJob"),
        pytest.param(owned("Job", "consumer-zx9wq"), {}, "consumer", id="KEDA ScaledJob without its label"),
        pytest.param(owned("Workflow", "nightly-1767225600"), {}, "nightly", id="Argo CronWorkflow"),
        pytest.param(owned("Workflow", "etl-x7k2p"), {}, "etl", id="Argo Workflow with a generated name"),
        pytest.param(owned("Workflow", "etl-x7k2p"), {"workflows.argoproj.io/workflow-template": "etl-daily"}, "etl-daily", id="template"),
        pytest.param(owned("Workflow", "etl"), {}, "etl", id="Argo Workflow with a name of its own"),
        pytest.param(
            owned("TaskRun", "build-x7k2p-compile"),
            {"tekton.dev/pipeline": "build", "tekton.dev/task": "compile"},
            "build",
            id="Tekton pipeline",
        ),
        pytest.param(owned("TaskRun", "lint-x7k2p"), {"tekton.dev/task": "lint"}, "lint", id="Tekton task"),
        pytest.param(owned("TaskRun", "lint-x7k2p"), {}, "lint", id="Tekton task of a run of its own"),
        pytest.param(owned("SparkApplication", "pi"), {"sparkoperator.k8s.io/app-name": "pi"}, "pi", id="Spark driver of the operator"),
        pytest.param(
            owned("Pod", "pi-0a1b2c3d4e5f6071-driver"), {"spark-role": "executor", "spark-app-name": "pi"}, "pi", id="Spark executor"
        ),
        pytest.param(owned("Pod", "pi-0a1b2c3d4e5f6071-driver"), {"spark-role": "executor"}, "pi", id="executor of an older Spark"),
        pytest.param(owned("Pod", "pi-driver"), {}, "pi", id="executor of the operator's driver"),
        pytest.param(owned("ReplicationController", "web-7"), {"deploymentconfig": "web"}, "web", id="OpenShift DeploymentConfig"),
        pytest.param(owned("ReplicationController", "web-7"), {}, "web", id="ReplicationController by its number"),
        pytest.param(
            owned("EphemeralRunner", "ci-x7k2p-runner-abcde"), {"actions.github.com/scale-set-name": "ci"}, "ci", id="GitHub Actions runner"
        ),
        pytest.param((), {"dag_id": "billing", "task_id": "load"}, "billing", id="task of Airflow"),
        pytest.param((), {"spark-app-name": "pi", "spark-role": "driver"}, "pi", id="Spark driver without an operator"),
        pytest.param(owned("Rocket", "saturn-5"), {}, "saturn-5", id="any other owner"),
        pytest.param(
            ({"kind": "Batch", "name": "x"}, {"kind": "Job", "name": "y", "controller": True}), {}, "y", id="the controller of two owners"
        ),
        pytest.param(({"kind": "Batch", "name": "x"},), {}, "x", id="an owner that is not the controller"),
        pytest.param(owned("Job", "-x7k2p"), {}, "-x7k2p", id="nothing but a generated part"),
    ],
)
def test_owner(owners: tuple[dict[str, Any], ...], labels: dict[str, str], owner: str) -> None:
    """A pod's group has the name that a person gave, not the name that a controller made for a release or a run."""
    assert owner_of(pod("web-1", owners=owners, labels=labels).metadata) == owner


@pytest.mark.parametrize(
    ("name", "prefix", "owner"), [("runner-x7k2p", "runner-", "runner"), ("runner", "other-", "runner"), ("x7k2p", "", "x7k2p")]
)
def test_bare_pod_with_a_generated_name(name: str, prefix: str, owner: str) -> None:
    """Pods without an owner that one creator starts again and again are one group."""
    assert owner_of(pod(name, generate_name=prefix).metadata) == owner


@pytest.mark.parametrize("kind", ["ReplicaSet", "Job", "Workflow", "Pod", "Rocket"])
def test_endless_name_is_cut(kind: str) -> None:
    """An owner's name, which the API server does not check, has at most the length of a real name."""
    assert len(owner_of(pod(owners=owned(kind, "x" * 450_000)).metadata)) == MAX_NAME


def test_control_characters_are_replaced() -> None:
    """An owner's name cannot act on the terminal that prints it."""
    assert owner_of(pod(owners=owned("Job", "a\x1b[2Jb\nc")).metadata) == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c"
