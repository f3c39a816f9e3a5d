"""Enrollment: the steps that let a principal list the pods of an EKS cluster, and nothing else in it.

Pure. Two things are needed in each of EKS's authentication modes: the cluster knows the principal as a member of our group (an access
entry, or a line in the ConfigMap aws-auth), and the group may list and watch pods (a ClusterRole and its binding). If the command cannot or
must not do a step, the plan contains the exact commands for an administrator instead.
https://docs.aws.amazon.com/eks/latest/userguide/grant-k8s-access.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from fargatecount.eks.enrollment.aws_auth import USERNAME, mapping_of, role_without_path
from fargatecount.eks.enrollment.rbac import GROUP, NAME

TAGS = {"application": "fargatecount"}
"""Tags of the access entries created here; only an entry with them is deleted again."""


class Mode(StrEnum):
    """How a cluster authenticates principals: https://docs.aws.amazon.com/eks/latest/APIReference/API_AccessConfigResponse.html."""

    CONFIG_MAP = "CONFIG_MAP"
    BOTH = "API_AND_CONFIG_MAP"
    API = "API"

    @property
    def takes_entries(self) -> bool:
        """Whether the cluster accepts access entries."""
        return self is not Mode.CONFIG_MAP


class Entry(msgspec.Struct, frozen=True):
    """The access entry of a principal."""

    groups: frozenset[str] = frozenset()
    is_ours: bool = False
    """Whether it was created here, for this purpose alone."""

    @property
    def lets_in(self) -> bool:
        """Whether the principal is in our group."""
        return GROUP in self.groups


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """The present state of one cluster."""

    name: str
    region: str
    mode: Mode
    principals: Sequence[str]
    """ARNs of roles or users."""
    entries: Mapping[str, Entry | None] = {}
    """By principal; None if it has none."""
    mapped: Mapping[str, bool | None] = {}
    """Whether aws-auth maps each principal to our group; None if it could not be read."""
    rights: bool | None = None
    """Whether the group may list and watch pods; None if that could not be read."""
    why_not: str = ""
    """Why something could not be read."""
    others: frozenset[str] = frozenset()
    """Other principals in our group, by their access entries."""

    def is_let_in(self, principal: str) -> bool | None:
        """Return whether the principal is a member of our group; None if that is not known."""
        entry = self.entries.get(principal)
        if self.mode.takes_entries and entry is not None:
            return entry.lets_in
        if self.mode is Mode.API:
            return False
        mapped = self.mapped.get(principal)
        return False if self.mode.takes_entries and mapped is None else mapped

    @property
    def is_enrolled(self) -> bool | None:
        """Whether all principals may list its pods; None if that is not known."""
        answers = [self.rights, *(self.is_let_in(principal) for principal in self.principals)]
        return False if False in answers else None if None in answers else True


class CreateEntry(msgspec.Struct, frozen=True):
    """Create an access entry with our group."""

    principal: str

    @property
    def text(self) -> str:
        """The step in words."""
        return f"access entry for {self.principal} in group {GROUP}"


class SetGroups(msgspec.Struct, frozen=True):
    """Set the groups of an access entry that was created elsewhere."""

    principal: str
    groups: frozenset[str]

    @property
    def text(self) -> str:
        """The step in words."""
        return f"access entry of {self.principal} in the groups: {', '.join(sorted(self.groups)) or 'none'}"


class DeleteEntry(msgspec.Struct, frozen=True):
    """Delete an access entry that was created here."""

    principal: str

    @property
    def text(self) -> str:
        """The step in words."""
        return f"access entry of {self.principal} deleted"


class ApplyRights(msgspec.Struct, frozen=True):
    """Write the ClusterRole and its binding."""

    text = f"ClusterRole and ClusterRoleBinding {NAME}: the group may list and watch pods"


class RemoveRights(msgspec.Struct, frozen=True):
    """Delete the binding; the ClusterRole stays, because a watcher inside the cluster may be bound to it."""

    text = f"ClusterRoleBinding {NAME} deleted"


class ByHand(msgspec.Struct, frozen=True):
    """Commands for an administrator."""

    why: str
    commands: tuple[str, ...]


Step = CreateEntry | SetGroups | DeleteEntry | ApplyRights | RemoveRights | ByHand


def plan_enroll(found: Situation) -> list[Step]:
    """Return the missing steps; an empty list if the cluster is enrolled."""
    steps: list[Step] = []
    for principal in found.principals:
        if not found.is_let_in(principal):
            steps += _let_in(found, principal)
    if found.rights is None:
        steps.append(rights_by_hand(found.name, found.region, found.why_not))
    elif not found.rights:
        steps.append(ApplyRights())
    return steps


def plan_unenroll(found: Situation) -> list[Step]:
    """Return the steps that undo an enrollment. The binding is removed with the last principal that needs it."""
    steps: list[Step] = []
    for principal in found.principals:
        entry = found.entries.get(principal)
        if entry is not None and entry.is_ours and entry.groups <= {GROUP}:
            steps.append(DeleteEntry(principal))
        elif entry is not None and entry.lets_in:
            steps.append(SetGroups(principal, entry.groups - {GROUP}))
        mapped = found.mapped.get(principal)
        if mapped or (mapped is None and found.mode is Mode.CONFIG_MAP):
            why = f"aws-auth {'maps' if mapped else 'may map'} {role_without_path(principal)} to the group {GROUP}"
            steps.append(ByHand(why, (f"kubectl -n kube-system edit configmap aws-auth   # remove the entry of {principal}",)))
    if found.rights and not found.others:
        steps.append(RemoveRights())
    return steps


def rights_by_hand(name: str, region: str, why: str, *, remove: bool = False) -> ByHand:
    """Return the commands with which an administrator of the cluster grants the group its permissions, or removes them."""
    verb = "revoke" if remove else "grant"
    change = f"kubectl --context {name} delete clusterrolebinding {NAME}"
    if not remove:
        change = f"fargatecount eks manifest | kubectl --context {name} apply -f -"
    return ByHand(
        f"an administrator of the cluster has to {verb} the permissions of the group {GROUP} ({why})",
        (f"aws eks update-kubeconfig --name {name} --region {region} --alias {name}", change),
    )


def _let_in(found: Situation, principal: str) -> Iterator[Step]:
    entry = found.entries.get(principal)
    if not found.mode.takes_entries:
        yield _mapping_by_hand(found, principal)
    elif entry is None:
        yield CreateEntry(principal)
    else:
        yield SetGroups(principal, entry.groups | {GROUP})


def _mapping_by_hand(found: Situation, principal: str) -> ByHand:
    role = role_without_path(principal)
    unread = f"; it could not be read: {found.why_not}" if found.mapped.get(principal) is None and found.why_not else ""
    where, entry = mapping_of(principal)
    edit = f"kubectl -n kube-system edit configmap aws-auth   # and add to {where}:\n{entry}"
    at = f"--region {found.region}"
    eksctl = f"eksctl create iamidentitymapping --cluster {found.name} {at} --arn {role} --username {USERNAME} --group {GROUP}"
    switch = f"aws eks update-cluster-config --name {found.name} {at} --access-config authenticationMode={Mode.BOTH}"
    return ByHand(
        f"{found.name} authenticates callers by the ConfigMap aws-auth, which is edited by hand{unread}. Run one of these three",
        (edit, eksctl, f"{switch}   # cannot be undone; then run this command again"),
    )
