"""The group of a workload: composed and read in one place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.group import GroupKind, WorkloadGroup, owner_group, service_group, service_name_of
from fargatecount.workload import Kind

TEXTS = [
    ("service:shop", Kind.ECS, WorkloadGroup(GroupKind.SERVICE, "shop")),
    ("service:", Kind.ECS, WorkloadGroup(GroupKind.SERVICE, "")),
    ("family:job", Kind.ECS, WorkloadGroup(GroupKind.FAMILY, "job")),
    ("family:job:7", Kind.ECS, WorkloadGroup(GroupKind.FAMILY, "job:7")),
    ("nightly", Kind.ECS, WorkloadGroup(GroupKind.CUSTOM, "nightly")),
    ("team/nightly", Kind.ECS, WorkloadGroup(GroupKind.CUSTOM, "team/nightly")),
    ("team:nightly", Kind.ECS, WorkloadGroup(GroupKind.CUSTOM, "team:nightly")),
    ("servicex", Kind.ECS, WorkloadGroup(GroupKind.CUSTOM, "servicex")),
    ("shop/web", Kind.EKS, WorkloadGroup(GroupKind.OWNER, "web", "shop")),
    ("service:a/web", Kind.EKS, WorkloadGroup(GroupKind.OWNER, "web", "service:a")),
]


@pytest.mark.parametrize(("text", "kind", "group"), TEXTS)
def test_a_text_is_taken_apart(text: str, kind: Kind, group: WorkloadGroup) -> None:
    """By the kind of the cluster: a task's custom group may contain a slash, and is no namespace then."""
    assert (WorkloadGroup.parse(text, kind), group.text) == (group, text)


@given(st.text(min_size=1))
def test_every_text_of_a_task_comes_back(text: str) -> None:
    """RunTask accepts any group; none is changed by reading it."""
    assert WorkloadGroup.parse(text, Kind.ECS).text == text


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        (service_group("shop"), Kind.ECS, "shop"),
        ("family:job", Kind.ECS, None),
        (owner_group("a", "b"), Kind.EKS, None),
        (None, Kind.ECS, None),
    ],
)
def test_only_a_service_has_its_name(text: str | None, kind: Kind, name: str | None) -> None:
    """Headroom is that of services; families, pods and tasks without a group have none."""
    assert service_name_of(text, kind) == name
