"""Enrolment: what it takes that somebody may list the pods of an EKS cluster, and nothing else of it.

Pure. Two things are needed, in whichever of EKS's authentication modes: the cluster knows the principal as a member of our group (an access
entry, or a line in the ConfigMap aws-auth), and the group may list and watch pods (a ClusterRole and its binding). What this command cannot
or must not do itself comes out as the exact commands for somebody who can.
https://docs.aws.amazon.com/eks/latest/userguide/grant-k8s-access.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from fargatecount.eks.enrollment.aws_auth import USERNAME, mapping_of, role_without_path
from fargatecount.eks.enrollment.rbac import GROUP, NAME

TAGS = {"application": "fargatecount"}
"""On access entries made here, by which they are known when they are to be deleted."""


class Mode(StrEnum):
    """How a cluster finds out who a principal is: https://docs.aws.amazon.com/eks/latest/APIReference/API_AccessConfigResponse.html."""

    CONFIG_MAP = "CONFIG_MAP"
    BOTH = "API_AND_CONFIG_MAP"
    API = "API"

    @property
    def takes_entries(self) -> bool:
        """Whether it takes access entries."""
        return self is not Mode.CONFIG_MAP


class Entry(msgspec.Struct, frozen=True):
    """The access entry of a principal."""

    groups: frozenset[str] = frozenset()
    is_ours: bool = False
    """It was made here, for this purpose alone."""

    @property
    def lets_in(self) -> bool:
        """Whether the principal is in our group."""
        return GROUP in self.groups


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster as it was found."""

    name: str
    region: str
    mode: Mode
    principals: Sequence[str]
    """ARNs of roles or users."""
    entries: Mapping[str, Entry | None] = {}
    """By principal; None where there is none."""
    mapped: Mapping[str, bool | None] = {}
    """Whether aws-auth lets each principal in; None where it could not be read."""
    rights: bool | None = None
    """Whether the group may list and watch pods; None where that could not be read."""
    why_not: str = ""
    """Why something could not be read."""
    others: frozenset[str] = frozenset()
    """Other principals in our group, as far as access entries tell."""

    def is_let_in(self, principal: str) -> bool | None:
        """Say whether the cluster knows the principal as a member of our group; None where that is not known."""
        entry = self.entries.get(principal)
        if self.mode.takes_entries and entry is not None:
            return entry.lets_in
        if self.mode is Mode.API:
            return False
        mapped = self.mapped.get(principal)
        return False if self.mode.takes_entries and mapped is None else mapped

    @property
    def is_enrolled(self) -> bool | None:
        """Whether all principals may read it; None where it is not known."""
        said = [self.rights, *(self.is_let_in(principal) for principal in self.principals)]
        return False if False in said else None if None in said else True


class CreateEntry(msgspec.Struct, frozen=True):
    """Make an access entry with our group."""

    principal: str

    @property
    def text(self) -> str:
        """The step in words."""
        return f"access entry for {self.principal} in group {GROUP}"


class SetGroups(msgspec.Struct, frozen=True):
    """Give an access entry that somebody else has made these groups."""

    principal: str
    groups: frozenset[str]

    @property
    def text(self) -> str:
        """The step in words."""
        return f"access entry of {self.principal} in the groups: {', '.join(sorted(self.groups)) or 'none'}"


class DeleteEntry(msgspec.Struct, frozen=True):
    """Delete an access entry that was made here."""

    principal: str

    @property
    def text(self) -> str:
        """The step in words."""
        return f"access entry of {self.principal} deleted"


class ApplyRights(msgspec.Struct, frozen=True):
    """Write the ClusterRole and its binding."""

    text = f"ClusterRole and ClusterRoleBinding {NAME}: the group may list and watch pods"


class RemoveRights(msgspec.Struct, frozen=True):
    """Delete the binding; the ClusterRole stays, for a watcher inside the cluster may be bound to it."""

    text = f"ClusterRoleBinding {NAME} deleted"


class ByHand(msgspec.Struct, frozen=True):
    """What somebody else has to do."""

    why: str
    commands: tuple[str, ...]


Step = CreateEntry | SetGroups | DeleteEntry | ApplyRights | RemoveRights | ByHand


def plan_enrol(found: Situation) -> list[Step]:
    """Return what is missing; nothing where the cluster is enrolled."""
    steps: list[Step] = []
    for principal in found.principals:
        if not found.is_let_in(principal):
            steps += _let_in(found, principal)
    if found.rights is None:
        steps.append(rights_by_hand(found.name, found.region, found.why_not))
    elif not found.rights:
        steps.append(ApplyRights())
    return steps


def plan_unenrol(found: Situation) -> list[Step]:
    """Return what is to be taken away; nothing where there is nothing. The binding goes with the last who needs it."""
    steps: list[Step] = []
    for principal in found.principals:
        entry = found.entries.get(principal)
        if entry is not None and entry.is_ours and entry.groups <= {GROUP}:
            steps.append(DeleteEntry(principal))
        elif entry is not None and entry.lets_in:
            steps.append(SetGroups(principal, entry.groups - {GROUP}))
        mapped = found.mapped.get(principal)
        if mapped or (mapped is None and found.mode is Mode.CONFIG_MAP):
            why = f"aws-auth {'lets' if mapped else 'may let'} {role_without_path(principal)} in"
            steps.append(ByHand(why, (f"kubectl -n kube-system edit configmap aws-auth   # remove the entry of {principal}",)))
    if found.rights and not found.others:
        steps.append(RemoveRights())
    return steps


def rights_by_hand(name: str, region: str, why: str, *, remove: bool = False) -> ByHand:
    """Return how an administrator of the cluster gives the group its rights, or takes them away."""
    what = "can lose" if remove else "needs"
    change = f"kubectl --context {name} delete clusterrolebinding {NAME}"
    if not remove:
        change = f"fargatecount eks manifest | kubectl --context {name} apply -f -"
    return ByHand(
        f"the group {GROUP} {what} its rights by an administrator of the cluster ({why})",
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
        f"{found.name} lets callers in by the ConfigMap aws-auth, which is edited by hand{unread}. One of these three is enough",
        (edit, eksctl, f"{switch}   # cannot be taken back; then run this command again"),
    )
