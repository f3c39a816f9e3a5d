"""Remedies for what `count` could not read.

Pure. The deployed functions have roles and remedies of their own; here your own rights are missing.
"""

from __future__ import annotations

import re

_ASSUMED = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.*")


def principal_of(caller: str, role_arn: str | None = None) -> str:
    """Return the IAM ARN by which EKS identifies a caller of STS; `role_arn` is the role that was assumed, if one was.

    STS omits the path of an assumed role, which an access entry needs: the ARN is right only for a role without a path.
    """
    if role_arn is not None:
        return role_arn
    assumed = _ASSUMED.fullmatch(caller)
    return f"arn:{assumed['partition']}:iam::{assumed['account']}:role/{assumed['role']}" if assumed else caller


def ecs_refused(caller: str) -> str:
    """Return the remedy for a call that ECS refused, with `{}` for the call."""
    return f"allow ecs:{{}} here to {_safe(caller)}, or leave the cluster out: --cluster; check SCPs and permissions boundaries too"


def eks_refused(principal: str) -> str:
    """Return the remedy for a cluster whose pods you may not list, with `{}` for its name."""
    return f"let yourself in: fargatecount eks enroll {{}} --principal-arn {_safe(principal)}"


EKS_PRIVATE = "its endpoint is private: run this inside its VPC or a network connected to it"


def _safe(text: str) -> str:
    # A role's session name may hold braces, which `str.format` would replace.
    return text.replace("{", "{{").replace("}", "}}")
