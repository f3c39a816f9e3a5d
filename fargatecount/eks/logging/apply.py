"""Reading what a cluster has, and applying the steps of `plan`: all of them, or none.

The cluster is asked first, without changing it, whether it accepts every object. A step that fails later undoes those before it,
unless one of them cannot be undone; then the rest is named, and the same command continues from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from fargatecount.eks.logging import objects
from fargatecount.eks.logging.config import LogDestination
from fargatecount.eks.logging.plan import LoggingSituation, groups_of
from fargatecount.eks.logging.rules import NAMESPACE
from fargatecount.eks.logging.steps import CreateGroup, DeleteGroup, LoggingStep, LogGroup, PutPolicy, WriteObject
from fargatecount.errors import FargatecountError


class LogGroups(Protocol):
    """The log groups of a Region; every method raises DeniedError or UnavailableError."""

    def find(self, name: str) -> LogGroup | None:
        """Return the group of that name."""
        ...

    def create(self, name: str, retention: int, made_for: str) -> None:
        """Create a group for a cluster; the group does not exist without its retention."""
        ...

    def delete(self, name: str) -> None:
        """Delete a group, if it exists."""
        ...


class RolePolicies(Protocol):
    """Inline policies of roles; every method raises DeniedError, UnavailableError or MisconfiguredError."""

    def read(self, role: str, name: str) -> Mapping[str, Any] | None:
        """Return the document of a policy."""
        ...

    def put(self, role: str, name: str, document: Mapping[str, Any]) -> None:
        """Write a policy."""
        ...

    def delete(self, role: str, name: str) -> None:
        """Delete a policy, if it exists."""
        ...


class LoggingObjects(Protocol):
    """The objects of one cluster; every method raises DeniedError, UnavailableError or MisconfiguredError."""

    def read(self, target: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the object of that kind and name."""
        ...

    def apply(self, target: Mapping[str, Any], *, dry_run: bool = False) -> None:
        """Create or update the object; with `dry_run` only check that the cluster accepts that."""
        ...

    def replace(self, target: Mapping[str, Any], *, dry_run: bool = False) -> None:
        """Write the whole object, whatever it was; `dry_run` as for `apply`."""
        ...

    def delete(self, target: Mapping[str, Any], *, dry_run: bool = False) -> None:
        """Delete the object, if it exists; `dry_run` as for `apply`."""
        ...

    def contents(self, namespace: str) -> Sequence[tuple[str, str]]:
        """Return kind and name of what a user may have put into a namespace."""
        ...


class LoggingPorts(msgspec.Struct, frozen=True):
    """What logging touches."""

    groups: LogGroups
    policies: RolePolicies
    objects: LoggingObjects


class LoggingOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the steps of one cluster."""

    done: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    """Steps that were done and then undone, because a later one failed."""
    left: tuple[str, ...] = ()
    """Steps that are still to do."""
    error: FargatecountError | None = None


def read_logging(destination: LogDestination, roles: Sequence[str], ports: LoggingPorts) -> LoggingSituation:
    """Read what a cluster has.

    Raises:
        DeniedError, UnavailableError, MisconfiguredError: AWS or the cluster did not say.
    """
    namespace = ports.objects.read(objects.NAMESPACE_TARGET)
    config_map = ports.objects.read(objects.CONFIG_MAP_TARGET)
    written = groups_of((config_map or {}).get("data") or {}, destination.cluster)
    names = dict.fromkeys([destination.group, *written])
    return LoggingSituation(
        destination=destination,
        roles=tuple(dict.fromkeys(roles)),
        namespace=namespace,
        config_map=config_map,
        undo=ports.objects.read(objects.UNDO_TARGET),
        others=_others(ports.objects) if objects.is_ours(namespace) else (),
        groups={name: ports.groups.find(name) for name in names},
        policies={role: ports.policies.read(role, destination.policy_name) for role in dict.fromkeys(roles)},
    )


def apply_logging(steps: Iterable[LoggingStep], ports: LoggingPorts) -> LoggingOutcome:
    """Do all steps; if one fails, undo what can be undone."""
    pending = list(steps)
    done: list[LoggingStep] = []
    try:
        for step in pending:
            if isinstance(step, WriteObject):
                _write(step, ports.objects, dry_run=True)
        for step in pending:
            _do(step, ports)
            done.append(step)
    except FargatecountError as error:
        left = tuple(step.text for step in pending[len(done) :])
        if any(_is_final(step) for step in done):
            return LoggingOutcome(done=tuple(step.text for step in done), left=left, error=error)
        undone, stuck = _undo(done, ports)
        return LoggingOutcome(done=stuck, undone=undone, left=left, error=error)
    return LoggingOutcome(done=tuple(step.text for step in done))


def _undo(done: list[LoggingStep], ports: LoggingPorts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Undo steps in reverse; return those undone and those that could not be."""
    undone: list[str] = []
    stuck: list[str] = []
    for step in reversed(done):
        inverse = step.inverse
        try:
            if inverse is not None:
                _do(inverse, ports)
            undone.append(step.text)
        except FargatecountError:
            stuck.append(step.text)
    return tuple(undone), tuple(stuck)


def _is_final(step: LoggingStep) -> bool:
    """Return whether a step cannot be undone: logs do not come back, and a namespace that is being deleted takes nothing new."""
    return isinstance(step, DeleteGroup) or (
        isinstance(step, WriteObject) and step.target is None and (step.before or {}).get("kind") == "Namespace"
    )


def _do(step: LoggingStep, ports: LoggingPorts) -> None:
    match step:
        case PutPolicy():
            if step.document:
                ports.policies.put(step.role, step.name, step.document)
            else:
                ports.policies.delete(step.role, step.name)
        case CreateGroup():
            ports.groups.create(step.name, step.retention, step.made_for)
        case DeleteGroup():
            ports.groups.delete(step.name)
        case WriteObject():
            _write(step, ports.objects)


def _write(step: WriteObject, cluster: LoggingObjects, *, dry_run: bool = False) -> None:
    if step.target is None:
        assert step.before is not None  # a deletion names what it deletes
        cluster.delete(step.before, dry_run=dry_run)
    elif step.whole:
        cluster.replace(step.target, dry_run=dry_run)
    else:
        cluster.apply(step.target, dry_run=dry_run)


def _others(cluster: LoggingObjects) -> tuple[str, ...]:
    mine = {("configmaps", name) for name in objects.OWN_CONFIG_MAPS} | {("serviceaccounts", "default")}
    return tuple(f"{kind[:-1]} {name}" for kind, name in cluster.contents(NAMESPACE) if (kind, name) not in mine)
