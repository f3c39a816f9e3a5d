"""Enrolling: one EKS cluster is looked at, and what `enroll` plans is done, as far as the caller may.

What the cluster itself refuses him becomes commands for one of its administrators; what AWS refuses him is an error. Each step can be taken
again without harm.
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
        """Let a principal in, in our group."""
        ...

    def set_groups(self, cluster: str, principal: str, groups: Iterable[str]) -> None:
        """Give the access entry of a principal these groups."""
        ...

    def delete(self, cluster: str, principal: str) -> None:
        """Let a principal in no more."""
        ...

    def members(self, cluster: str) -> frozenset[str]:
        """Return the principals that are in our group."""
        ...


class Objects(Protocol):
    """The objects of one cluster as the caller may see and change them.

    Every method raises DeniedError, UnavailableError or MisconfiguredError.
    """

    def read(self, wanted: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the object of that kind and name."""
        ...

    def apply(self, wanted: Mapping[str, Any]) -> None:
        """Make the object what is wanted."""
        ...

    def delete(self, wanted: Mapping[str, Any]) -> None:
        """Delete the object."""
        ...

    def aws_auth(self) -> Mapping[str, str]:
        """Return the data of the ConfigMap aws-auth."""
        ...

    def check_listing(self) -> None:
        """List pods, one at most."""
        ...


class EnrollmentTarget(msgspec.Struct, frozen=True):
    """A cluster, as its commands name it."""

    name: str
    region: str
    mode: Mode


class StepOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was done in one cluster, or would be."""

    place: EnrollmentTarget
    done: Sequence[Step] = ()
    by_hand: Sequence[ByHand] = ()
    why_no_list: str | None = None
    """Why the caller himself cannot list its pods; None where he can, or where nobody tried."""


def look(place: EnrollmentTarget, principals: Sequence[str], access: Access, objects: Objects, *, with_others: bool = False) -> Situation:
    """Find out who is let in and what our group may; what the caller may not see in the cluster is not known.

    Who else is in our group takes a call per access entry, and only whoever takes rights away needs to know.

    Raises:
        DeniedError, UnavailableError, MisconfiguredError: EKS did not tell the access entries.
    """
    takes = place.mode.takes_entries
    rights: bool | None = None
    mapped: dict[str, bool | None] = dict.fromkeys(principals)
    why_not = ""
    try:
        rights = gives_rights(objects.read(CLUSTER_ROLE), objects.read(BINDING))
        if place.mode is not Mode.API:
            data = objects.aws_auth()
            mapped = {principal: is_mapped(data, principal) for principal in principals}
    except (DeniedError, UnavailableError, MisconfiguredError) as error:
        why_not = str(error)
    return Situation(
        name=place.name,
        region=place.region,
        mode=place.mode,
        principals=principals,
        entries={principal: access.entry(place.name, principal) for principal in principals} if takes else {},
        mapped=mapped,
        rights=rights,
        why_not=why_not,
        others=access.members(place.name) - set(principals) if takes and with_others else frozenset(),
    )


def carry_out(steps: Iterable[Step], place: EnrollmentTarget, access: Access, objects: Objects, *, dry_run: bool = False) -> StepOutcome:
    """Take the steps; what the cluster refuses becomes commands.

    Raises:
        DeniedError, UnavailableError, MisconfiguredError: EKS refused a step; those before it are done, and the same command goes on from
            there.
    """
    done: list[Step] = []
    by_hand: list[ByHand] = []
    for step in steps:
        if isinstance(step, ByHand):
            by_hand.append(step)
            continue
        try:
            if not dry_run:
                _take(step, place.name, access, objects)
        except FargatecountError as error:
            if not isinstance(step, ApplyRights | RemoveRights):
                raise
            by_hand.append(rights_by_hand(place.name, place.region, str(error), remove=isinstance(step, RemoveRights)))
        else:
            done.append(step)
    return StepOutcome(place=place, done=done, by_hand=by_hand)


def checked(outcome: StepOutcome, objects: Objects) -> StepOutcome:
    """Add whether the caller can list the pods."""
    try:
        objects.check_listing()
    except FargatecountError as error:
        return msgspec.structs.replace(outcome, why_no_list=str(error))
    return outcome


def _take(step: Step, cluster: str, access: Access, objects: Objects) -> None:
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
