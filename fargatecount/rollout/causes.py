"""Why a stack of a member failed, and what helps: by what CloudFormation says.

Pure. CloudFormation has no codes for these; its texts are AWS's own, and the first pattern that matches decides.
"""

from __future__ import annotations

import re
from enum import StrEnum

from fargatecount.rollout.stack_set import InstanceState, StackInstance
from fargatecount.stack.progress import remedy_for


class FailureCause(StrEnum):
    """Kinds of failures that have one remedy each."""

    SUSPENDED = "account is closed"
    CANCELLED = "not tried"
    POLICY = "denied by a service control policy"
    REGION = "Region is not enabled"
    BUCKET = "code cannot be read"
    EXISTS = "something of that name exists"
    QUOTA = "quota is used up"
    ROLE = "CloudFormation's role is missing"
    OTHER = "another reason"


REMEDIES = {
    FailureCause.SUSPENDED: "nothing to do: it runs nothing, and CloudFormation skips it",
    FailureCause.CANCELLED: "the operation stopped before it: correct the other failures, then run the command again, or raise --tolerate",
    FailureCause.POLICY: "let the policy except arn:aws:iam::*:role/stacksets-exec-*, or leave the unit or Region out",
    FailureCause.REGION: "enable the Region for that account (aws account enable-region), or leave it out of --regions",
    FailureCause.BUCKET: "run the command again, which makes bucket and policy; a policy may forbid the members to read elsewhere",
    FailureCause.EXISTS: "it is deployed there already: fargatecount deploy --set hubBusArn=… makes that one a member; or destroy it first",
    FailureCause.QUOTA: "Service Quotas of that account raises it; then run the command again",
    FailureCause.ROLE: "aws cloudformation activate-organizations-access makes the roles; a new account needs a few minutes",
}

_PATTERNS = (
    (FailureCause.POLICY, r"service control policy|explicit deny in a (resource|service) control policy"),
    (FailureCause.BUCKET, r"S3 Error Code|GetObject|NoSuchBucket|NoSuchKey|PermanentRedirect"),
    # What an account without the Region answers to every call: https://repost.aws/knowledge-center/iam-validate-access-credentials
    (
        FailureCause.REGION,
        r"OptInRequired|security token included in the request is invalid|InvalidClientTokenId|UnrecognizedClient|[Rr]egion .*not enabled",
    ),
    (FailureCause.EXISTS, r"already exists|AlreadyExists"),
    (
        FailureCause.QUOTA,
        r"LimitExceeded|limit exceeded|Maximum number|[Qq]uota|Limit for .* (has been )?(reached|exceeded)|UnreservedConcurrentExecution",
    ),
    (FailureCause.ROLE, r"AWSCloudFormationStackSetExecutionRole|stacksets-exec|[Tt]rust relationship|sts:AssumeRole"),
    (FailureCause.SUSPENDED, r"[Ss]uspended"),
    (FailureCause.CANCELLED, r"[Cc]ancell?ed"),
)


def cause_of(instance: StackInstance) -> FailureCause | None:
    """Return the kind of failure of a stack; None if it has not failed."""
    if instance.state is InstanceState.SUSPENDED:
        return FailureCause.SUSPENDED
    if instance.state in {InstanceState.CURRENT, InstanceState.WORKING}:
        return None
    if instance.state is InstanceState.CANCELLED:
        return FailureCause.CANCELLED
    return next((cause for cause, pattern in _PATTERNS if re.search(pattern, instance.reason)), FailureCause.OTHER)


def remedy_of(instance: StackInstance) -> str:
    """Return what helps a stack that failed; empty if it has not."""
    cause = cause_of(instance)
    if cause is None:
        return ""
    return REMEDIES.get(cause) or remedy_for(instance.reason)
