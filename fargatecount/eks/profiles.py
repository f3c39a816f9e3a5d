"""Fargate profiles of an EKS cluster: which pods they select.

Pure. The rules are those of https://docs.aws.amazon.com/eks/latest/userguide/fargate-profile.html. A pod must match one selector of a
profile: its namespace and all its labels, both with the wildcards `*` and `?`. If several profiles match, the alphanumerically first takes
the pod, unless the pod's label names another matching profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from fargatecount.eks.pod import Pod
from fargatecount.eks.workload import PROFILE_LABEL, SCHEDULER

ACTIVE = "ACTIVE"


class Selector(msgspec.Struct, frozen=True):
    """Patterns for a namespace and for labels."""

    namespace: str
    labels: Mapping[str, str] = {}

    def matches(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Return whether the selector matches a pod with this namespace and these labels."""
        return _like(self.namespace, namespace) and all(
            any(_like(key, name) and _like(value, text) for name, text in labels.items()) for key, value in self.labels.items()
        )


class Profile(msgspec.Struct, frozen=True):
    """One Fargate profile."""

    name: str
    status: str = ACTIVE
    """CREATING, ACTIVE, DELETING, CREATE_FAILED or DELETE_FAILED; only an active one takes pods."""
    selectors: tuple[Selector, ...] = ()
    role: str = ""
    """ARN of the role with which Fargate pulls images and writes logs; empty where it was not asked for."""

    def matches(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Return whether the profile takes a pod with this namespace and these labels."""
        return self.status == ACTIVE and any(selector.matches(namespace, labels) for selector in self.selectors)


def profile_for(profiles: Iterable[Profile], namespace: str, labels: Mapping[str, str]) -> str | None:
    """Return the name of the profile that takes a pod with this namespace and these labels; None if it stays off Fargate."""
    names = sorted(profile.name for profile in profiles if profile.matches(namespace, labels))
    labeled = labels.get(PROFILE_LABEL)
    if labeled in names:
        return labeled
    return names[0] if names else None


def namespaces(profiles: Iterable[Profile]) -> Mapping[str, Sequence[str]]:
    """Return the profiles that take all or some pods of each namespace or namespace pattern."""
    found: dict[str, set[str]] = {}
    for profile in profiles:
        if profile.status == ACTIVE:
            for selector in profile.selectors:
                found.setdefault(selector.namespace, set()).add(profile.name)
    return {namespace: sorted(found[namespace]) for namespace in sorted(found)}


def unmatched(pods: Iterable[Pod], profiles: Sequence[Profile]) -> list[Pod]:
    """Return the pods that wait for Fargate although no profile selects them; usually their profile was deleted after they were created."""
    return [
        pod
        for pod in pods
        if pod.spec.scheduler_name == SCHEDULER
        and not pod.spec.node_name
        and profile_for(profiles, pod.metadata.namespace, pod.metadata.labels or {}) is None
    ]


def _like(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)  # ten profiles of five selectors with five labels, for a few clusters
def _compiled(pattern: str) -> re.Pattern[str]:
    # Not fnmatch: it reads brackets as a third wildcard, EKS does not.
    return re.compile("".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern), re.DOTALL)
