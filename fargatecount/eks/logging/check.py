"""Whether the pods of a cluster really log, and what the logs cost. Pure.

Fargate says so in two places: an annotation `Logging` of a pod that does not log, and events LoggingDisabled or FailedLogging.
https://docs.aws.amazon.com/eks/latest/userguide/fargate-logging.html#fargate-logging-troubleshooting
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from fargatecount.eks.logging import objects
from fargatecount.eks.logging.config import role_policy
from fargatecount.eks.logging.plan import LoggingSituation, groups_of
from fargatecount.eks.logging.steps import LogGroup
from fargatecount.eks.logging.validate import validate
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Millis

GIB = 1024**3
INGESTION, STORAGE = 0.50, 0.03
"""USD per GB taken in and per GB and month stored, us-east-1, 2026: https://aws.amazon.com/cloudwatch/pricing/. Other Regions differ."""
DAYS = 14
"""Days of which the bytes taken in are read, to estimate a month."""
MONTH = 30.4
SILENT_AFTER: Millis = 2 * 3600 * 1000
"""Milliseconds without an event from which running pods make a group suspicious: CloudWatch updates a stream's last time hourly."""
EVENT_REASONS = ("LoggingDisabled", "FailedLogging")
ANNOTATION = "Logging"
NOISY = 100 * GIB
"""Bytes a month from which a group is worth a look: 50 USD."""


class Verdict(StrEnum):
    """How one check ended."""

    OK = "ok"
    ADVICE = "advice"
    WRONG = "wrong"
    UNKNOWN = "unknown"


class LoggingCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One check: what was looked at, how it is, what to do."""

    what: str
    verdict: Verdict
    text: str
    remedy: str = ""


class PodLogging(msgspec.Struct, frozen=True):
    """One pod on Fargate: when it was created, and what Fargate wrote about its logs."""

    name: str
    created: Millis
    complaint: str = ""


class GroupUse(msgspec.Struct, frozen=True, kw_only=True):
    """What a log group took in during `DAYS`, and when the last event came; None is unknown."""

    incoming: float | None
    last_event: Millis | None


class LoggingEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the cluster and CloudWatch show; None is what could not be read."""

    pods: Sequence[PodLogging] | None
    more_pods: bool = False
    events: Sequence[str] | None
    use: Mapping[str, GroupUse] = {}
    why_not: str = ""


class LogGroupCost(msgspec.Struct, frozen=True, kw_only=True):
    """USD a month of one log group."""

    name: str
    ingestion: float | None
    storage: float
    retention: int | None


def pod_logging(pod: Mapping[str, Any]) -> PodLogging:
    """Return what a pod, as the API server shows it, says about its logs."""
    meta = pod.get("metadata") or {}
    said = str((meta.get("annotations") or {}).get(ANNOTATION, ""))
    complaint = said if "LoggingDisabled" in said or "Failed" in said else ""
    return PodLogging(f"{meta.get('namespace')}/{meta.get('name')}", parse_millis(meta.get("creationTimestamp")) or 0, complaint)


def costs(found: LoggingSituation, evidence: LoggingEvidence) -> list[LogGroupCost]:
    """Return the cost of each group, dearest first."""
    rows = [_cost(group, evidence.use.get(group.name)) for group in found.groups.values() if group is not None]
    return sorted(rows, key=lambda row: -(row.storage + (row.ingestion or 0)))


def check_logging(found: LoggingSituation, evidence: LoggingEvidence, now: Millis) -> list[LoggingCheck]:
    """Return all checks, in the order in which logs flow."""
    return [
        *_configuration(found),
        *_rights(found),
        *_groups(found),
        *_pods(found, evidence),
        *_flow(found, evidence, now),
        *_cost_checks(found, evidence),
    ]


def _cost(group: LogGroup, use: GroupUse | None) -> LogGroupCost:
    incoming = None if use is None else use.incoming
    ingestion = None if incoming is None else incoming / GIB * INGESTION * MONTH / DAYS
    return LogGroupCost(name=group.name, ingestion=ingestion, storage=group.stored_bytes / GIB * STORAGE, retention=group.retention)


def _configuration(found: LoggingSituation) -> Iterator[LoggingCheck]:
    what, apply = "configuration", f"fargatecount eks logging apply {found.destination.cluster}"
    if found.config_map is None:
        yield LoggingCheck(what=what, verdict=Verdict.WRONG, text="there is no ConfigMap aws-logging: no pod logs", remedy=apply)
        return
    findings = validate(objects.config_of(found.config_map, found.namespace))
    for each in findings:
        if not each.rule.refuses and objects.is_ours(found.config_map):
            continue  # apply gives the right and the parser that this advice is about
        verdict = Verdict.WRONG if each.rule.refuses else Verdict.ADVICE
        yield LoggingCheck(what=what, verdict=verdict, text=f"{each.place}: {each.text}", remedy=each.remedy)
    if not any(each.rule.refuses for each in findings):
        yield LoggingCheck(what=what, verdict=Verdict.OK, text="Fargate accepts the ConfigMap")


def _rights(found: LoggingSituation) -> Iterator[LoggingCheck]:
    groups = groups_of((found.config_map or {}).get("data") or {}, found.destination.cluster)
    wanted = role_policy(found.destination, groups)
    for role, document in found.policies.items():
        if document == wanted:
            yield LoggingCheck(what="rights", verdict=Verdict.OK, text=f"role {role} may write to {', '.join(groups) or 'no group'}")
        elif groups:
            text = f"role {role} lacks our policy {found.destination.policy_name}; it logs only if another of its policies allows it"
            yield LoggingCheck(
                what="rights", verdict=Verdict.UNKNOWN, text=text, remedy=f"fargatecount eks logging apply {found.destination.cluster}"
            )


def _groups(found: LoggingSituation) -> Iterator[LoggingCheck]:
    for name in groups_of((found.config_map or {}).get("data") or {}, found.destination.cluster):
        group = found.groups.get(name)
        if group is None:
            text = f"log group {name} does not exist yet"
            yield LoggingCheck(what="log group", verdict=Verdict.ADVICE, text=text, remedy="with auto_create_group the first pod makes it")
        elif group.retention is None:
            remedy = f"aws logs put-retention-policy --log-group-name {name} --retention-in-days 30"
            yield LoggingCheck(what="log group", verdict=Verdict.ADVICE, text=f"log group {name} keeps logs forever", remedy=remedy)
        else:
            yield LoggingCheck(what="log group", verdict=Verdict.OK, text=f"log group {name} keeps logs for {group.retention} days")


def _pods(found: LoggingSituation, evidence: LoggingEvidence) -> Iterator[LoggingCheck]:
    if evidence.pods is None:
        yield LoggingCheck(what="pods", verdict=Verdict.UNKNOWN, text=f"pods could not be read: {evidence.why_not}")
        return
    silent = [pod for pod in evidence.pods if pod.complaint]
    since = _configured_at(found)
    older = [pod for pod in evidence.pods if since is not None and pod.created < since and not pod.complaint]
    remedy = "start them again: kubectl rollout restart deployment -n NAMESPACE"
    if silent:
        text = f"{len(silent)} of {_number(evidence)} pods do not log, such as {silent[0].name}: {silent[0].complaint}"
        yield LoggingCheck(what="pods", verdict=Verdict.WRONG, text=text, remedy=remedy)
    if older:
        text = f"{len(older)} of {_number(evidence)} pods are older than the configuration and do not use it, such as {older[0].name}"
        yield LoggingCheck(what="pods", verdict=Verdict.ADVICE, text=text, remedy=remedy)
    if not silent and not older:
        yield LoggingCheck(what="pods", verdict=Verdict.OK, text=f"{_number(evidence)} pods on Fargate, none without logs")
    for event in evidence.events or ():
        yield LoggingCheck(what="events", verdict=Verdict.WRONG, text=event, remedy="correct it, then start the pod again")


def _flow(found: LoggingSituation, evidence: LoggingEvidence, now: Millis) -> Iterator[LoggingCheck]:
    since = _configured_at(found)
    logging = [pod for pod in evidence.pods or () if not pod.complaint and (since is None or pod.created >= since)]
    for name, use in evidence.use.items():
        if found.groups.get(name) is None:
            continue
        if use.last_event is None:
            verdict = Verdict.WRONG if logging else Verdict.OK
            text = f"nothing has arrived in {name}" + (", although pods use the configuration" if logging else " yet")
            remedy = "check the rights, and the route to CloudWatch Logs (NAT or endpoint)" if logging else ""
            yield LoggingCheck(what="flow", verdict=verdict, text=text, remedy=remedy)
        elif now - use.last_event > SILENT_AFTER and logging:
            text = f"nothing has arrived in {name} for {(now - use.last_event) / 3600_000:.0f} hours, although pods run"
            remedy = "pods may have nothing to say; start one that logs, and look again"
            yield LoggingCheck(what="flow", verdict=Verdict.ADVICE, text=text, remedy=remedy)
        else:
            yield LoggingCheck(what="flow", verdict=Verdict.OK, text=f"logs arrive in {name}")


def _cost_checks(found: LoggingSituation, evidence: LoggingEvidence) -> Iterator[LoggingCheck]:
    for row in costs(found, evidence):
        use = evidence.use.get(row.name)
        if use is not None and use.incoming is not None and use.incoming * MONTH / DAYS > NOISY:
            text = f"{row.name} takes in {use.incoming * MONTH / DAYS / GIB:,.0f} GiB a month, {row.ingestion:,.0f} USD"
            remedy = "find the namespace (infra/eks-logging.yml has a query), and drop its debug lines with a grep filter"
            yield LoggingCheck(what="cost", verdict=Verdict.ADVICE, text=text, remedy=remedy)


def _configured_at(found: LoggingSituation) -> Millis | None:
    """Return when the ConfigMap was last written: its newest managed field, else its creation."""
    meta = (found.config_map or {}).get("metadata") or {}
    times = [parse_millis(each.get("time")) for each in meta.get("managedFields") or ()]
    known = [each for each in (*times, parse_millis(meta.get("creationTimestamp"))) if each is not None]
    return max(known, default=None)


def _number(evidence: LoggingEvidence) -> str:
    return f"{len(evidence.pods or ())}{' and more' if evidence.more_pods else ''}"
