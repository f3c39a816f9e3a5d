"""Doctor on permissions: what whoever asks may not do, and what the functions may not do, by what they have recorded.

Pure. Only reading is tried; what changes something cannot be tried without changing it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from fargatecount.doctor.findings import DoctorTarget, Finding, Severity, ok, problem, warning

_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)")
"""As IAM writes it: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html."""
_OPERATION = re.compile(r"\b([a-z]+:[A-Z][A-Za-z0-9]+)\b")
"""As our own remedies write it: `allow ecs:ListTasks here`."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One action that was tried."""

    action: str
    needed_for: str
    resource: str = "*"
    """The ARN that a policy would name."""
    allowed: bool | None
    """None where it could not be found out."""
    told: str = ""


def of_probes(probes: Iterable[Probe]) -> Iterator[Finding]:
    """Say which of the actions that the commands need are refused to whoever asks."""
    seen = list(probes)
    allowed = [probe for probe in seen if probe.allowed]
    if allowed:
        yield ok(f"you may do {len(allowed)} of the {len(seen)} actions that reading takes")
    for probe in seen:
        if probe.allowed is False:
            statement = {"Effect": "Allow", "Action": probe.action, "Resource": probe.resource}
            yield problem(
                f"you may not do {probe.action}, which {probe.needed_for} needs", f"allow it to yourself by: {json.dumps(statement)}"
            )
        elif probe.allowed is None:
            yield Finding(Severity.UNKNOWN, f"whether you may do {probe.action} is not known: {probe.told}", "try again later")


def of_functions(reasons: Mapping[str, str], role: str, place: DoctorTarget) -> Iterator[Finding]:
    """Say which actions function reconcile lacks, whose `role` has that ARN; `reasons` says why it could not read each thing."""
    lacking: dict[str, list[str]] = {}
    for what, reason in reasons.items():
        for action in denied_actions(reason):
            lacking.setdefault(action, []).append(what)
    for action, whom in sorted(lacking.items()):
        some = ", ".join(sorted(whom)[:3]) + (f" and {len(whom) - 3} more" if len(whom) > 3 else "")  # noqa: PLR2004 - enough to see which
        yield problem(
            f"function reconcile may not do {action}: {some}",
            "its role allows it as deployed: look for a permissions boundary, a service control policy or a changed policy; "
            "deploying again mends the role",
            f"AWS_REGION={place.region} make deploy STAGE={place.stage}",
            f"aws iam simulate-principal-policy --policy-source-arn {role} --action-names {action} {place.aws}",
        )
    if not lacking:
        yield ok("nothing that function reconcile has recorded was refused by IAM")


def denied_actions(reason: str) -> list[str]:
    """Return the IAM actions that a recorded reason says were refused."""
    if "AccessDenied" not in reason and "not authorized" not in reason:
        return []
    return sorted(set(_ACTION.findall(reason)) or set(_OPERATION.findall(reason)))


def of_listing(undiscovered: str | None, problems: Iterable[str], place: DoctorTarget) -> Iterator[Finding]:
    """Say whether the clusters of the scope are all known; `problems` are those of the latest report."""
    told = list(problems)
    if undiscovered:
        why = f": {'; '.join(told)}" if told else ""
        yield problem(
            f"{undiscovered}, so there may be clusters that nobody counts{why}",
            "function reconcile lists them every minute, from the first minute after a deployment on: its log says what stops it",
            place.log_of("reconcile"),
        )
    else:
        yield ok("all clusters are listed, and were within the last 16 minutes")
        for each in told:
            yield warning(f"the latest report says: {each}", "it is tried again every minute", f"fargatecount report {place.ours}")
