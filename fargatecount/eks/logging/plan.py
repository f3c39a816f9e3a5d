"""The steps that make the pods of a cluster log, and those that undo them. Pure.

Rights and the log group come before the ConfigMap, which switches logging on; a removal goes the other way, the log group last. Each step
carries its inverse, so that a run that fails in the middle leaves the cluster as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from fargatecount.eks.logging import objects
from fargatecount.eks.logging.config import LogDestination, default_data, role_policy
from fargatecount.eks.logging.fix import repair
from fargatecount.eks.logging.parse import parse
from fargatecount.eks.logging.rules import CONFIG_MAP, LABEL, NAMESPACE, PROCESS_LOG, ConfigFinding, LoggingConfig, refused
from fargatecount.eks.logging.steps import CreateGroup, DeleteGroup, LoggingStep, LogGroup, PutPolicy, WriteObject
from fargatecount.eks.logging.validate import validate
from fargatecount.errors import MisconfiguredError


class LoggingSituation(msgspec.Struct, frozen=True, kw_only=True):
    """What there is now."""

    destination: LogDestination
    roles: tuple[str, ...]
    """Names of the pod execution roles of the cluster's profiles."""
    namespace: Mapping[str, Any] | None
    config_map: Mapping[str, Any] | None
    undo: Mapping[str, Any] | None
    others: tuple[str, ...] = ()
    """What else is in the namespace, as kind and name."""
    groups: Mapping[str, LogGroup | None] = {}
    """The log groups that are written to, and the default one."""
    policies: Mapping[str, Mapping[str, Any] | None] = {}
    """By role: our inline policy, None without."""


class LoggingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The steps, what is wrong with the configuration that is there, and remarks."""

    steps: tuple[LoggingStep, ...]
    findings: tuple[ConfigFinding, ...] = ()
    changes: tuple[str, ...] = ()
    """What --fix changes in the configuration."""
    notes: tuple[str, ...] = ()


def groups_of(data: Mapping[str, str], cluster: str) -> tuple[str, ...]:
    """Return the log groups that a configuration writes to, with that of Fluent Bit's own log."""
    outputs = parse(data.get("output.conf", "")).sections
    named = [section.get("log_group_name") for section in outputs if section.plugin in {"cloudwatch", "cloudwatch_logs"}]
    process = [f"{cluster}-fluent-bit-logs"] if data.get(PROCESS_LOG) == "true" else []
    return tuple(dict.fromkeys([*(pair.value for pair in named if pair is not None), *process]))


def plan_apply(found: LoggingSituation, *, given: LoggingConfig | None = None, fix: bool = False) -> LoggingPlan:
    """Return what makes pods log: with the configuration that is there, with `given`, or with the default one.

    Raises:
        MisconfiguredError: Fargate refuses the configuration, and `fix` is not set or cannot repair it; or no profile has a role.
    """
    destination = found.destination
    if not found.roles:
        raise MisconfiguredError(
            f"EKS cluster {destination.cluster} has no Fargate profile, so no pod runs on Fargate", remedy="create a profile first"
        )
    present = None if found.config_map is None else objects.config_of(found.config_map, found.namespace)
    is_foreign = present is not None and not objects.is_ours(found.config_map)
    wanted = given or (present if is_foreign else LoggingConfig(data=default_data(destination)))
    assert wanted is not None  # foreign means present
    wanted = msgspec.structs.replace(wanted, labels=None)  # the label is a step of its own
    findings = validate(wanted) if given or is_foreign else []
    changes: tuple[str, ...] = ()
    if refused(findings) and fix:
        repaired = repair(wanted, destination)
        wanted, changes = repaired.config, repaired.changes
    if left := refused(validate(wanted)):
        rules = "; ".join(f"{each.place}: {each.text} ({each.remedy})" for each in left)
        raise MisconfiguredError(
            f"Fargate refuses the configuration{' even repaired' if fix else ''}: {rules}",
            remedy="correct it by hand" if fix else "--fix repairs it, and keeps the present one for `remove`",
        )
    groups = groups_of(wanted.data, destination.cluster)
    steps = [*_group_steps(found, groups), *_policy_steps(found, groups), *_namespace_steps(found), *_config_steps(found, wanted, present)]
    return LoggingPlan(steps=tuple(steps), findings=tuple(findings), changes=changes, notes=tuple(_notes(found, groups, steps)))


def plan_remove(found: LoggingSituation, *, keep_logs: bool = False) -> LoggingPlan:
    """Return what undoes `plan_apply`; what was there before stays, and what was replaced is restored."""
    destination = found.destination
    steps: list[LoggingStep] = [
        PutPolicy(role=role, name=destination.policy_name, document={}, before=document)
        for role, document in found.policies.items()
        if document is not None
    ]
    notes: list[str] = []
    if objects.is_ours(found.config_map):
        steps.append(_restore(found))
        if found.undo is not None:
            steps.append(WriteObject(text=f"ConfigMap {objects.UNDO} deleted", target=None, before=found.undo))
    elif found.config_map is not None:
        notes.append(f"ConfigMap {CONFIG_MAP} was not written here, and stays")
    if objects.is_ours(found.namespace):
        if found.others:
            notes.append(f"the namespace {NAMESPACE} stays: it has {', '.join(found.others)}")
        else:
            before = objects.namespace(created=True)
            steps.append(WriteObject(text=f"namespace {NAMESPACE} deleted", target=None, before=before))
    elif objects.has_our_label(found.namespace):
        text = f"label {LABEL} of namespace {NAMESPACE} given up"
        steps.append(WriteObject(text=text, target=objects.released_namespace(), before=objects.namespace(created=False)))
    ours = [group for group in found.groups.values() if group is not None and group.made_for == destination.cluster]
    if keep_logs:
        notes += [f"log group {group.name} stays, with its logs" for group in ours]
    else:
        steps += [DeleteGroup(name=group.name) for group in ours]
    return LoggingPlan(steps=tuple(steps), notes=tuple(notes))


def _group_steps(found: LoggingSituation, groups: tuple[str, ...]) -> Iterator[LoggingStep]:
    destination = found.destination
    for name in groups:
        if found.groups.get(name) is None:
            yield CreateGroup(name=name, retention=destination.retention, made_for=destination.cluster)


def _policy_steps(found: LoggingSituation, groups: tuple[str, ...]) -> Iterator[LoggingStep]:
    document = role_policy(found.destination, groups)
    for role in found.roles:
        before = found.policies.get(role)
        if groups and before != document:
            yield PutPolicy(role=role, name=found.destination.policy_name, document=document, before=before or {})


def _namespace_steps(found: LoggingSituation) -> Iterator[LoggingStep]:
    labels = ((found.namespace or {}).get("metadata") or {}).get("labels") or {}
    if found.namespace is None:
        yield WriteObject(text=f"namespace {NAMESPACE}, labeled", target=objects.namespace(created=True), before=None)
    elif labels.get(LABEL) != "enabled":
        before = objects.released_namespace()
        yield WriteObject(text=f"label {LABEL} of namespace {NAMESPACE}", target=objects.namespace(created=False), before=before)


def _config_steps(found: LoggingSituation, wanted: LoggingConfig, present: LoggingConfig | None) -> Iterator[LoggingStep]:
    if present is not None and dict(present.data) == dict(wanted.data):
        return
    if found.config_map is not None and not objects.is_ours(found.config_map):
        undo = objects.undo_map(found.config_map)
        yield WriteObject(text=f"ConfigMap {objects.UNDO}, which keeps the present one", target=undo, before=None, whole=True)
    target = objects.config_map(wanted.data)
    text = f"ConfigMap {CONFIG_MAP}: {', '.join(wanted.data)}"
    yield WriteObject(text=text, target=target, before=found.config_map, whole=True)


def _restore(found: LoggingSituation) -> WriteObject:
    if found.undo is not None:
        text = f"ConfigMap {CONFIG_MAP} as it was before"
        return WriteObject(text=text, target=objects.restored(found.undo), before=found.config_map, whole=True)
    return WriteObject(text=f"ConfigMap {CONFIG_MAP} deleted", target=None, before=found.config_map)


def _notes(found: LoggingSituation, groups: tuple[str, ...], steps: list[LoggingStep]) -> Iterator[str]:
    if not groups:
        yield "the outputs are not CloudWatch: the pod execution roles need the rights of those outputs, which are yours to grant"
    for name in groups:
        group = found.groups.get(name)
        if group is not None and group.made_for and group.retention != found.destination.retention:
            days = found.destination.retention
            yield f"log group {name} keeps its retention: aws logs put-retention-policy --log-group-name {name} --retention-in-days {days}"
        elif group is not None and group.retention is None:
            yield f"log group {name} keeps its logs forever: aws logs put-retention-policy --log-group-name {name} --retention-in-days 30"
    if any(isinstance(step, WriteObject) for step in steps):
        yield "only pods that start from now on log: kubectl rollout restart deployment -n NAMESPACE"
