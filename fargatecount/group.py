"""Groups: the service, task family or pod owner to which a workload belongs.

A group is stored and published as text, so that rows, metrics and documents compare and sort it as it is. This module is the only one that
composes and reads that text. Pure.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fargatecount.workload import Kind

SEPARATOR = ":"
OWNER_SEPARATOR = "/"
"""Kubernetes allows it in no namespace (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names)."""


class GroupKind(StrEnum):
    """The kind of a group; ECS uses the first two as prefixes."""

    SERVICE = "service"
    """An ECS service."""
    FAMILY = "family"
    """The task definition family of a task that was started without a service or group
    (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html)."""
    OWNER = "owner"
    """The controller of a pod, or the pod itself, in its namespace."""
    CUSTOM = "custom"
    """Any text that the caller of RunTask chose."""


class WorkloadGroup(msgspec.Struct, frozen=True):
    """One group, taken apart."""

    kind: GroupKind
    name: str
    """Name of the service, family or owner; of a custom group all of its text."""
    namespace: str = ""
    """Namespace of an owner."""

    @classmethod
    def parse(cls, text: str, kind: Kind) -> WorkloadGroup:
        """Return the group that a text names in a cluster of this kind."""
        if kind is Kind.EKS:
            namespace, _, name = text.partition(OWNER_SEPARATOR)
            return cls(GroupKind.OWNER, name, namespace)
        prefix, separator, name = text.partition(SEPARATOR)
        if separator and prefix in {GroupKind.SERVICE, GroupKind.FAMILY}:
            return cls(GroupKind(prefix), name)
        return cls(GroupKind.CUSTOM, text)

    @property
    def text(self) -> str:
        """The text that is stored and published."""
        if self.kind is GroupKind.OWNER:
            return owner_group(self.namespace, self.name)
        return self.name if self.kind is GroupKind.CUSTOM else f"{self.kind}{SEPARATOR}{self.name}"


def service_group(name: str) -> str:
    """Return the group of the tasks of an ECS service."""
    return f"{GroupKind.SERVICE}{SEPARATOR}{name}"


def owner_group(namespace: str, owner: str) -> str:
    """Return the group of the pods of one owner."""
    return f"{namespace}{OWNER_SEPARATOR}{owner}"


def service_name_of(text: str | None, kind: Kind) -> str | None:
    """Return the name of the ECS service that a group names; None if it names none."""
    if not text:
        return None
    group = WorkloadGroup.parse(text, kind)
    return group.name if group.kind is GroupKind.SERVICE else None
