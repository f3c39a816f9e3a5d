"""Fargate profiles of an EKS cluster: which pods they select.

Pure. The rules are those of https://docs.aws.amazon.com/eks/latest/userguide/fargate-profile.html: a pod must match one selector of a
profile, namespace and every label of it, both with the wildcards `*` and `?`; of several profiles the alphanumerically first takes it,
unless the pod's label names another that matches.
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
        """Say whether a pod with these is selected."""
        return _like(self.namespace, namespace) and all(
            any(_like(key, name) and _like(value, text) for name, text in labels.items()) for key, value in self.labels.items()
        )


class Profile(msgspec.Struct, frozen=True):
    """One Fargate profile."""

    name: str
    status: str = ACTIVE
    """CREATING, ACTIVE, DELETING, CREATE_FAILED or DELETE_FAILED; only an active one takes pods."""
    selectors: tuple[Selector, ...] = ()

    def matches(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Say whether a pod with these would be taken."""
        return self.status == ACTIVE and any(selector.matches(namespace, labels) for selector in self.selectors)


def profile_for(profiles: Iterable[Profile], namespace: str, labels: Mapping[str, str]) -> str | None:
    """Return the name of the profile that takes a pod with these; None where none does, and it stays off Fargate."""
    names = sorted(profile.name for profile in profiles if profile.matches(namespace, labels))
    wanted = labels.get(PROFILE_LABEL)
    if wanted in names:
        return wanted
    return names[0] if names else None


def namespaces(profiles: Iterable[Profile]) -> Mapping[str, Sequence[str]]:
    """Return which profiles take pods of each namespace, or pattern of namespaces, whole or in part."""
    found: dict[str, set[str]] = {}
    for profile in profiles:
        if profile.status == ACTIVE:
            for selector in profile.selectors:
                found.setdefault(selector.namespace, set()).add(profile.name)
    return {namespace: sorted(found[namespace]) for namespace in sorted(found)}


def unmatched(pods: Iterable[Pod], profiles: Sequence[Profile]) -> list[Pod]:
    """Return the pods that wait for Fargate though no profile selects them: mostly it was deleted after they were made."""
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
