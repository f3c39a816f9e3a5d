"""Mappings in aws-auth, in the forms in which people write them."""

from __future__ import annotations

import pytest

from fargatecount.eks.enrollment.aws_auth import is_mapped, role_without_path
from fargatecount.eks.enrollment.rbac import GROUP

ROLE = "arn:aws:iam::123456789012:role/acme/reconcile"
WITHOUT_PATH = "arn:aws:iam::123456789012:role/reconcile"

MAPPED = f"""
- groups:
  - system:bootstrappers
  - system:nodes
  rolearn: arn:aws:iam::123456789012:role/nodes
  username: system:node:{{{{EC2PrivateDNSName}}}}
- groups:
  - {GROUP}
  rolearn: {WITHOUT_PATH}
  username: fargatecount
"""


@pytest.mark.parametrize(
    "text",
    [
        MAPPED,
        MAPPED.replace("  - ", "    - "),
        f'[{{"rolearn": "{WITHOUT_PATH}", "username": "x", "groups": ["{GROUP}"]}}]',
        f"- rolearn: '{WITHOUT_PATH}'\n  username: x\n  groups: ['a', '{GROUP}']",
    ],
    ids=["block", "indented", "json", "flow"],
)
def test_an_entry_of_aws_auth_is_found(text: str) -> None:
    """A mapping is found in every form and place."""
    assert is_mapped({"mapRoles": text}, ROLE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        MAPPED.replace(GROUP, "fargatecount:readers-of-something-else"),
        MAPPED.replace(WITHOUT_PATH, WITHOUT_PATH + "-2"),
        MAPPED.replace(f"- {GROUP}", "- developers").replace("- system:nodes", f"- {GROUP}"),
    ],
    ids=["empty", "another group", "another role", "another entry's group"],
)
def test_another_entry_of_aws_auth_is_not_taken_for_ours(text: str) -> None:
    """Role and group must be in one entry, each as a whole."""
    assert not is_mapped({"mapRoles": text}, ROLE)


def test_the_path_of_a_role_is_no_part_of_its_name_for_aws_auth() -> None:
    """aws-auth compares the ARN without its path."""
    assert role_without_path("arn:aws:iam::1:role/a/b/c") == "arn:aws:iam::1:role/c"
    assert role_without_path("arn:aws:iam::1:role/c") == "arn:aws:iam::1:role/c"
