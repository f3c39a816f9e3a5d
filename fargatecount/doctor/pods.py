"""Doctor on pods: which namespaces of an EKS cluster run on Fargate, and which pods cannot be scheduled there.

Pure; `eks.profiles` has the rules by which profiles select pods.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from fargatecount.doctor.findings import DoctorTarget, Finding, Severity, ok, warning
from fargatecount.eks.pod import Pod
from fargatecount.eks.profiles import ACTIVE, Profile, namespaces, unmatched
from fargatecount.eks.workload import SCHEDULER, why_waiting
from fargatecount.errors import FargatecountError

SHOWN = 10
"""Number of pods that a finding names: ten show what they have in common."""
REFUSED_FOR = (
    "Fargate takes no such pod: https://docs.aws.amazon.com/eks/latest/userguide/fargate.html says what it supports. Change its spec"
)


class ClusterPods(msgspec.Struct, frozen=True, kw_only=True):
    """The profiles and pods of one EKS cluster."""

    name: str
    profiles: Sequence[Profile]
    pods: Sequence[Pod] | None
    """The pods for Fargate; None if they could not be listed."""
    why_not: FargatecountError | None = None


def of_pods(cluster: ClusterPods, caller_arn: str, place: DoctorTarget) -> Iterator[Finding]:
    """Report which pods run on Fargate, and which of them cannot be scheduled."""
    key = f"EKS-{cluster.name}"
    landing = [f"{namespace} ({', '.join(profiles)})" for namespace, profiles in namespaces(cluster.profiles).items()]
    yield (
        ok(f"{key}: pods of the namespaces {'; '.join(landing)} land on Fargate, as far as labels match")
        if landing
        else warning(f"{key}: no profile is active, so no pod lands on Fargate", "nothing, if that is meant")
    )
    for profile in cluster.profiles:
        if profile.status != ACTIVE:
            yield warning(
                f"{key}: profile {profile.name} is {profile.status} and takes no pods",
                "wait, or see why and make it anew",
                f"aws eks describe-fargate-profile --cluster-name {cluster.name} --fargate-profile-name {profile.name} {place.aws}",
            )
    if cluster.pods is None:
        why = f": {cluster.why_not}" if cluster.why_not else ""
        yield warning(
            f"{key}: you cannot list its pods, so which of them wait in vain is not known{why}",
            "the functions may still count them; to see them yourself:",
            f"fargatecount eks enroll {cluster.name} --principal-arn {caller_arn} {place.ours}",
        )
        return
    yield from _waiting(key, cluster.name, cluster.pods, cluster.profiles)


def unseen(name: str, error: FargatecountError) -> Finding:
    """Return the finding of a cluster that EKS did not describe."""
    return Finding(Severity.UNKNOWN, f"EKS-{name}: could not look: {error}", error.remedy or "try again later")


def _waiting(key: str, cluster: str, pods: Sequence[Pod], profiles: Sequence[Profile]) -> Iterator[Finding]:
    without = unmatched(pods, profiles)
    if without:
        namespace = without[0].metadata.namespace
        yield warning(
            f"{key}: {_counted(without)} for Fargate and match no profile",
            "a profile was deleted after they were made: make one that selects them, or delete the pods so that they are scheduled anew",
            f"eksctl create fargateprofile --cluster {cluster} --namespace {namespace} --name {namespace}",
        )
    ids = {pod.metadata.uid for pod in without}
    refused: dict[str, list[Pod]] = {}
    for pod in pods:
        why = why_waiting(pod) if pod.spec.scheduler_name == SCHEDULER and pod.metadata.uid not in ids else None
        if why:
            refused.setdefault(why, []).append(pod)
    for why, of in sorted(refused.items()):
        first = of[0].metadata
        describe = f"kubectl --context {cluster} -n {first.namespace} describe pod {first.name}"
        unsupported = "not supported on Fargate" in why
        yield warning(
            f"{key}: {_counted(of)} for Fargate: {why}",
            REFUSED_FOR if unsupported else "Fargate's scheduler says so; if it lasts, describe one:",
            describe,
        )


def _counted(pods: Sequence[Pod]) -> str:
    names = sorted(f"{pod.metadata.namespace}/{pod.metadata.name}" for pod in pods)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{len(names)} pods wait ({', '.join(names[:SHOWN])}{more})"
