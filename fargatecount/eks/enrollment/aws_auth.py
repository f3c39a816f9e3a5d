"""The ConfigMap aws-auth: how a principal is let into our group by it, and whether one is.

Pure. It is YAML in text, which people edit by hand and fargatecount never does.
https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fargatecount.eks.enrollment.rbac import GROUP

USERNAME = "fargatecount"
"""As which aws-auth, which wants a name, lets a principal in; an access entry makes a name of the ARN by itself."""


def role_without_path(principal: str) -> str:
    """Return the ARN as aws-auth compares it: https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html."""
    return re.sub(r":role/(?:.*/)?", ":role/", principal)


def mapping_of(principal: str) -> tuple[str, str]:
    """Return the key under which a principal belongs, and the entry that lets it in."""
    role = role_without_path(principal)
    where, key = ("mapRoles", "rolearn") if ":role/" in role else ("mapUsers", "userarn")
    return where, f"- {key}: {role}\n  username: {USERNAME}\n  groups:\n  - {GROUP}"


def is_mapped(config_map: Mapping[str, str], principal: str) -> bool:
    """Say whether the data of aws-auth let a principal into our group.

    Its values are YAML in text; they are only searched entry by entry, for no decision but whether to print a command depends on it.
    """
    arn = re.escape(role_without_path(principal))
    for entry in (*_items(config_map.get("mapRoles", "")), *_items(config_map.get("mapUsers", ""))):
        if re.search(rf"(?:rolearn|userarn)[\"']?:\s*[\"']?{arn}(?:[\"'\s,}}]|$)", entry) and re.search(
            rf"[\"'\s\[,-]{re.escape(GROUP)}(?:[\"'\s,\]]|$)", entry
        ):
            return True
    return False


def _items(text: str) -> list[str]:
    """Cut a YAML list of mappings into its items: each begins at a dash that stands as far out as the first one."""
    first = re.search(r"(?m)^( *)- ", text)
    if first is None:  # JSON, or flow style, on one line
        return re.split(r"(?<=})\s*,", text)
    return re.split(rf"(?m)^{first[1]}- ", text)
