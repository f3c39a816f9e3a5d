"""The name under which a pod is counted: the name that a person gave, not the one that a controller generated for a release or a run.

Pure. A pod names only its direct owner (a ReplicaSet, a Job, a TaskRun), whose name changes with every release or run. The lasting name is
in a label that the controller copies to its pods, or in the owner's name without the part that the controller appended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fargatecount.eks.pod import Metadata
from fargatecount.eks.text import MAX_NAME, bounded

TEMPLATE_HASHES = ("pod-template-hash", "rollouts-pod-template-hash")
"""Labels with the suffix of a ReplicaSet's name: of a Deployment
(https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label), of an Argo Rollout
(https://argo-rollouts.readthedocs.io/en/stable/)."""

LASTING_LABELS: Mapping[str, tuple[str, ...]] = {
    # A Knative revision (`shop-00042`) has a Deployment of its own: https://knative.dev/docs/serving/.
    "ReplicaSet": ("serving.knative.dev/service",),
    # JobSet: https://jobset.sigs.k8s.io/docs/. KEDA starts a Job for each message or batch: https://keda.sh/docs/latest/concepts/scaling-jobs/.
    "Job": ("jobset.sigs.k8s.io/jobset-name", "scaledjob.keda.sh/name"),
    # A group of StatefulSets: https://lws.sigs.k8s.io/docs/.
    "StatefulSet": ("leaderworkerset.sigs.k8s.io/name",),
    # OpenShift's DeploymentConfig numbers its ReplicationControllers (`shop-7`).
    "ReplicationController": ("deploymentconfig", "openshift.io/deployment-config.name"),
    # https://tekton.dev/docs/pipelines/labels/
    "TaskRun": ("tekton.dev/pipeline", "tekton.dev/task", "tekton.dev/clusterTask"),
    "PipelineRun": ("tekton.dev/pipeline",),
    # https://argo-workflows.readthedocs.io/en/latest/: set on the run, and on pods if the template copies it.
    "Workflow": ("workflows.argoproj.io/cron-workflow", "workflows.argoproj.io/workflow-template"),
    # The driver pod owns the executors: https://spark.apache.org/docs/latest/running-on-kubernetes.html.
    "Pod": ("sparkoperator.k8s.io/app-name", "spark-app-name"),
    # GitHub's Actions Runner Controller: one object per run.
    "EphemeralRunner": ("actions.github.com/scale-set-name",),
    # No owner: a Spark driver in cluster mode, a task of Airflow (one DAG is one group).
    "": ("spark-app-name", "dag_id"),
}
"""By the kind of the owner: labels with the lasting name, the first that is there."""

_RANDOM = r"-[bcdfghjklmnpqrstvwxz2456789]{5}"
"""What the API server appends to a `generateName`: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go."""
_SUFFIXES: Mapping[str, re.Pattern[str]] = {
    # A CronJob names its Jobs by the minutes since 1970 (since Kubernetes 1.21; 2018 to 2065 here, so that a date such as 20260301 stays):
    # https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/. Others use `generateName`.
    "Job": re.compile(rf"(?:-(?:2[5-9]|[34][0-9])[0-9]{{6}}|{_RANDOM})$"),
    # A CronWorkflow appends the seconds since 1970.
    "Workflow": re.compile(rf"(?:-[0-9]{{10}}|{_RANDOM})$"),
    "TaskRun": re.compile(rf"{_RANDOM}$"),
    "PipelineRun": re.compile(rf"{_RANDOM}$"),
    # Spark names a driver `<application>-<16 hexadecimal digits>-driver`.
    "Pod": re.compile(r"(?:-[0-9a-f]{16,32})?-driver$"),
    "ReplicationController": re.compile(r"-[0-9]+$"),
}


def owner_of(metadata: Metadata) -> str:
    """Return the name of the Deployment, Rollout, CronJob, Workflow or other object that a person created, or of the pod itself.

    At most `MAX_NAME` printable characters: the API server checks neither length nor characters of an owner's name.
    """
    return bounded(_owner(metadata), MAX_NAME)


def _owner(metadata: Metadata) -> str:
    labels = metadata.labels or {}
    owners = metadata.owner_references or ()
    owner = next((owner for owner in owners if owner.controller), owners[0] if owners else None)
    kind = owner.kind if owner is not None else ""
    lasting = next((labels[key] for key in LASTING_LABELS.get(kind, ()) if labels.get(key)), None)
    if lasting is not None:
        return lasting
    if owner is None:
        return _without_random_part(metadata)
    # Longer names do not exist, and a search through one of half a million characters takes its time.
    name = owner.name[:MAX_NAME]
    if kind == "ReplicaSet":
        for key in TEMPLATE_HASHES:
            if labels.get(key):
                return name.removesuffix(f"-{labels[key]}")
        return name
    return _SUFFIXES[kind].sub("", name) or name if kind in _SUFFIXES else name


def _without_random_part(metadata: Metadata) -> str:
    """Return the name of a pod without an owner; if the API server completed it, the part that its creator gave."""
    prefix = metadata.generate_name
    if prefix and metadata.name.startswith(prefix):
        return prefix.rstrip("-") or metadata.name
    return metadata.name
