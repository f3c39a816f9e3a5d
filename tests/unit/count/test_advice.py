"""The advice that `count` gives its user."""

from __future__ import annotations

import pytest

from fargatecount.count.advice import ecs_refused, eks_refused, principal_of

ROLE = "arn:aws:iam::111122223333:role/ops/reader"


@pytest.mark.parametrize(
    ("caller", "role_arn", "principal"),
    [
        ("arn:aws:iam::111122223333:user/ann", None, "arn:aws:iam::111122223333:user/ann"),
        ("arn:aws:sts::111122223333:assumed-role/reader/ann@example.com", None, "arn:aws:iam::111122223333:role/reader"),
        ("arn:aws-cn:sts::111122223333:assumed-role/reader/ann", None, "arn:aws-cn:iam::111122223333:role/reader"),
        ("arn:aws:sts::111122223333:assumed-role/reader/fargatecount", ROLE, ROLE),
        ("arn:aws:iam::111122223333:root", None, "arn:aws:iam::111122223333:root"),
    ],
)
def test_by_what_arn_eks_knows_a_caller(caller: str, role_arn: str | None, principal: str) -> None:
    """An access entry is of a role, not of its session; a role that was assumed for this is known with its path."""
    assert principal_of(caller, role_arn) == principal


def test_braces_in_a_name_are_no_places_to_fill_in() -> None:
    """The caller of AssumeRole chooses the name of the session."""
    caller = "arn:aws:sts::111122223333:assumed-role/reader/{0}{x}"
    assert ecs_refused(caller).format("ListTasks").startswith(f"allow ecs:ListTasks here to {caller},")
    assert eks_refused("a{b}").format("web") == "let yourself in: fargatecount eks enroll web --principal-arn a{b}"
