"""The ConfigMap aws-auth: the entry that maps a principal to our group, and whether a principal has one.

Pure. It is YAML in text. People edit it by hand; fargatecount never changes it.
https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fargatecount.eks.enrollment.rbac import GROUP

USERNAME = "fargatecount"
"""The user name in aws-auth, which requires one; an access entry derives a name from the ARN."""


def role_without_path(principal: str) -> str:
    """Return the ARN as aws-auth compares it: https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html."""
    return re.sub(r":role/(?:.*/)?", ":role/", principal)


def mapping_of(principal: str) -> tuple[str, str]:
    """Return the key of a principal's list in aws-auth, and the entry for that list."""
    role = role_without_path(principal)
    where, key = ("mapRoles", "rolearn") if ":role/" in role else ("mapUsers", "userarn")
    return where, f"- {key}: {role}\n  username: {USERNAME}\n  groups:\n  - {GROUP}"


def is_mapped(config_map: Mapping[str, str], principal: str) -> bool:
    """Return whether the data of aws-auth map a principal to our group.

    Its values are YAML in text. They are only searched, entry by entry: the result decides no more than whether to print a command.
    """
    arn = re.escape(role_without_path(principal))
    for entry in (*_items(config_map.get("mapRoles", "")), *_items(config_map.get("mapUsers", ""))):
        if re.search(rf"(?:rolearn|userarn)[\"']?:\s*[\"']?{arn}(?:[\"'\s,}}]|$)", entry) and re.search(
            rf"[\"'\s\[,-]{re.escape(GROUP)}(?:[\"'\s,\]]|$)", entry
        ):
            return True
    return False


def _items(text: str) -> list[str]:
    """Split a YAML list of mappings into its items: each begins at a dash with the indentation of the first one."""
    first = re.search(r"(?m)^( *)- ", text)
    if first is None:  # JSON, or flow style, on one line
        return re.split(r"(?<=})\s*,", text)
    return re.split(rf"(?m)^{first[1]}- ", text)
