"""Doctor on permissions: which actions your identity may not do, and which the functions may not do, by what they recorded.

Pure. Only read actions are tried; an action that changes something cannot be tried without the change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from fargatecount.doctor.findings import DoctorTarget, Finding, Severity, ok, problem, warning

SHOWN = 3
"""Things that an action keeps from being read, by name: enough to see which kind they are."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One action that was tried."""

    action: str
    needed_for: str
    resource: str = "*"
    """The ARN that a policy names."""
    allowed: bool | None
    """None where that is unknown."""
    reason: str = ""
    """Why it was refused, or why that is unknown."""


def of_probes(probes: Iterable[Probe]) -> Iterator[Finding]:
    """Report which of the actions that the commands need are refused to the caller."""
    tried = list(probes)
    allowed = [probe for probe in tried if probe.allowed]
    if allowed:
        yield ok(f"you may do {len(allowed)} of the {len(tried)} actions that reading needs")
    for probe in tried:
        if probe.allowed is False:
            statement = {"Effect": "Allow", "Action": probe.action, "Resource": probe.resource}
            yield problem(
                f"you may not do {probe.action}, which {probe.needed_for} needs", f"allow it to yourself by: {json.dumps(statement)}"
            )
        elif probe.allowed is None:
            yield Finding(Severity.UNKNOWN, f"whether you may do {probe.action} is not known: {probe.reason}", "try again later")


def of_functions(denied: Mapping[str, Iterable[str]], role: str, place: DoctorTarget) -> Iterator[Finding]:
    """Report which actions function reconcile lacks.

    `role` is the ARN of its role; `denied` has the things that it could not read, by the IAM action that was refused.
    """
    for action, things in sorted(denied.items()):
        names = sorted(things)
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield problem(
            f"function reconcile may not do {action}: {', '.join(names[:SHOWN])}{more}",
            "its role allows it as deployed: look for a permissions boundary, a service control policy or a changed policy; "
            "deploying again restores the role",
            f"fargatecount upgrade --region {place.region} --stage {place.stage}",
            f"aws iam simulate-principal-policy --policy-source-arn {role} --action-names {action} {place.aws}",
        )
    if not denied:
        yield ok("IAM refused nothing that function reconcile tried to read")


def of_listing(undiscovered: str | None, problems: Iterable[str], place: DoctorTarget) -> Iterator[Finding]:
    """Report whether all clusters of the scope are known; `problems` are those of the latest report."""
    reported = list(problems)
    if undiscovered:
        why = f": {'; '.join(reported)}" if reported else ""
        yield problem(
            f"{undiscovered}, so some clusters may not be counted{why}",
            "function reconcile lists them every minute, from the first minute after a deployment on: its log says what stops it",
            place.log_of("reconcile"),
        )
    else:
        yield ok("all clusters are listed")
        for each in reported:
            yield warning(
                f"the latest report says: {each}", "the next run, within a minute, tries again", f"fargatecount report {place.ours}"
            )
