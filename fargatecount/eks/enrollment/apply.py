"""Enrolling one EKS cluster: read its state, and apply the steps of `plan` with the caller's permissions.

A step that the cluster refuses becomes commands for its administrator; a step that AWS refuses is an error. Every step can be repeated
without harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from fargatecount.eks.enrollment.aws_auth import is_mapped
from fargatecount.eks.enrollment.plan import (
    ApplyRights,
    ByHand,
    CreateEntry,
    DeleteEntry,
    Entry,
    Mode,
    RemoveRights,
    SetGroups,
    Situation,
    Step,
    rights_by_hand,
)
from fargatecount.eks.enrollment.rbac import BINDING, CLUSTER_ROLE, MANIFEST, gives_rights
from fargatecount.errors import DeniedError, FargatecountError, MisconfiguredError, UnavailableError


class Access(Protocol):
    """The access entries of clusters; every method raises DeniedError, UnavailableError or MisconfiguredError."""

    def entry(self, cluster: str, principal: str) -> Entry | None:
        """Return the access entry of a principal."""
        ...

    def create(self, cluster: str, principal: str) -> None:
        """Create an access entry for a principal, in our group."""
        ...

    def set_groups(self, cluster: str, principal: str, groups: Iterable[str]) -> None:
        """Set the groups of a principal's access entry."""
        ...

    def delete(self, cluster: str, principal: str) -> None:
        """Delete the access entry of a principal."""
        ...

    def members(self, cluster: str) -> frozenset[str]:
        """Return the principals that are in our group."""
        ...


class Objects(Protocol):
    """The objects of one cluster, with the caller's permissions.

    Every method raises DeniedError, UnavailableError or MisconfiguredError.
    """

    def read(self, wanted: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the object of that kind and name."""
        ...

    def apply(self, wanted: Mapping[str, Any]) -> None:
        """Create or update the object."""
        ...

    def delete(self, wanted: Mapping[str, Any]) -> None:
        """Delete the object."""
        ...

    def aws_auth(self) -> Mapping[str, str]:
        """Return the data of the ConfigMap aws-auth."""
        ...

    def check_listing(self) -> None:
        """List one pod at most; an exception means that listing is not possible."""
        ...


class EnrollmentTarget(msgspec.Struct, frozen=True):
    """A cluster to enroll."""

    name: str
    region: str
    mode: Mode


class StepOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """The steps applied to one cluster, or planned with `dry_run`."""

    target: EnrollmentTarget
    done: Sequence[Step] = ()
    by_hand: Sequence[ByHand] = ()
    why_no_list: str | None = None
    """Why the caller cannot list its pods; None if that works, or was not tried."""


def read_situation(
    target: EnrollmentTarget, principals: Sequence[str], access: Access, objects: Objects, *, with_others: bool = False
) -> Situation:
    """Read which principals are in our group and what the group may do; what the caller may not read in the cluster stays unknown.

    With `with_others`, also read the other members of our group: one call per access entry, needed only before permissions are removed.

    Raises:
        DeniedError, UnavailableError, MisconfiguredError: EKS did not return the access entries.
    """
    takes = target.mode.takes_entries
    rights: bool | None = None
    mapped: dict[str, bool | None] = dict.fromkeys(principals)
    why_not = ""
    try:
        rights = gives_rights(objects.read(CLUSTER_ROLE), objects.read(BINDING))
        if target.mode is not Mode.API:
            data = objects.aws_auth()
            mapped = {principal: is_mapped(data, principal) for principal in principals}
    except (DeniedError, UnavailableError, MisconfiguredError) as error:
        why_not = str(error)
    return Situation(
        name=target.name,
        region=target.region,
        mode=target.mode,
        principals=principals,
        entries={principal: access.entry(target.name, principal) for principal in principals} if takes else {},
        mapped=mapped,
        rights=rights,
        why_not=why_not,
        others=access.members(target.name) - set(principals) if takes and with_others else frozenset(),
    )


def apply_steps(steps: Iterable[Step], target: EnrollmentTarget, access: Access, objects: Objects, *, dry_run: bool = False) -> StepOutcome:
    """Apply the steps; those that the cluster refuses become commands.

    Raises:
        DeniedError, UnavailableError, MisconfiguredError: EKS refused a step. The steps before it are done; the same command, run again,
            continues from there.
    """
    done: list[Step] = []
    by_hand: list[ByHand] = []
    for step in steps:
        if isinstance(step, ByHand):
            by_hand.append(step)
            continue
        try:
            if not dry_run:
                _apply(step, target.name, access, objects)
        except FargatecountError as error:
            if not isinstance(step, ApplyRights | RemoveRights):
                raise
            by_hand.append(rights_by_hand(target.name, target.region, str(error), remove=isinstance(step, RemoveRights)))
        else:
            done.append(step)
    return StepOutcome(target=target, done=done, by_hand=by_hand)


def with_list_check(outcome: StepOutcome, objects: Objects) -> StepOutcome:
    """Return the outcome with the result of listing pods as the caller."""
    try:
        objects.check_listing()
    except FargatecountError as error:
        return msgspec.structs.replace(outcome, why_no_list=str(error))
    return outcome


def _apply(step: Step, cluster: str, access: Access, objects: Objects) -> None:
    match step:
        case CreateEntry():
            access.create(cluster, step.principal)
        case SetGroups():
            access.set_groups(cluster, step.principal, step.groups)
        case DeleteEntry():
            access.delete(cluster, step.principal)
        case ApplyRights():
            for wanted in MANIFEST:
                objects.apply(wanted)
        case RemoveRights():
            objects.delete(BINDING)
