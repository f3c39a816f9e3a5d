"""What to do about what `count` could not read, for the person who runs it.

Pure. The deployed functions have roles of their own and advice of their own; here it is the caller who lacks something.
"""

from __future__ import annotations

import re

_ASSUMED = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.*")


def principal_of(caller: str, role_arn: str | None = None) -> str:
    """Return the IAM ARN by which EKS knows a caller of STS; `role_arn` is the role that was assumed for this look, if one was.

    STS leaves out the path of an assumed role, which an access entry must have: the ARN is right only where there is none.
    """
    if role_arn is not None:
        return role_arn
    assumed = _ASSUMED.fullmatch(caller)
    return f"arn:{assumed['partition']}:iam::{assumed['account']}:role/{assumed['role']}" if assumed else caller


def ecs_refused(caller: str) -> str:
    """Return the remedy for a call that ECS refused, with `{}` for the call."""
    return f"allow ecs:{{}} here to {_safe(caller)}, or leave the cluster out: --cluster; look for an SCP or a boundary, too"


def eks_refused(principal: str) -> str:
    """Return the remedy for a cluster that does not let its pods be listed, with `{}` for its name."""
    return f"let yourself in: fargatecount eks enroll {{}} --principal-arn {_safe(principal)}"


EKS_PRIVATE = "its endpoint is private: run this inside its VPC or a network connected to it"


def _safe(text: str) -> str:
    # A role's session name may hold braces, which would be taken for places to fill in.
    return text.replace("{", "{{").replace("}", "}}")
